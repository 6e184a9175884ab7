"""Settings of nbgrader for this course, read by its commands, its formgrader and `dlgrader`."""

from dlgrader.settings import configure

c = get_config()  # noqa: F821 (nbgrader provides it)

# Sandbox, judge, safe feedback; a line below this one goes before what it sets.
configure(c)

c.CourseDirectory.course_id = "deep-learning-checked"

# `dlgrader generate` makes build/source/ from the text in solutions/. Nothing but notebooks lies
# there, so no solution can be copied along into exercises/.
c.CourseDirectory.source_directory = "build/source"
c.CourseDirectory.release_directory = "exercises"
