"""Grading a class: read what was handed in, grade it anywhere, write it down in one place.

`submissions` reads the files of a learner, `task` grades them (a pure function on bytes, for any
process or machine), `runners` spread the tasks over processes, `writer` puts the outcome into
gradebook and folders, and `engine` joins these.
"""
