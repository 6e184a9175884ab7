"""What runs inside the sandbox, and the messages that both sides exchange.

Inside, this package goes by the name of `course_runner`: the rest of dlgrader is not there. So its
modules import each other by relative imports and nothing of dlgrader's.
"""
