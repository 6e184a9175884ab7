"""dlgrader: the instructor's side of the course: makes, judges and grades the assignments."""
