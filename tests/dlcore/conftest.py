"""Settings of the property tests in this folder."""

from hypothesis import settings

# Without a deadline: a busy machine is not a defect. Without a database: no files left behind.
settings.register_profile("dlcore", deadline=None, max_examples=60, database=None)
settings.load_profile("dlcore")
