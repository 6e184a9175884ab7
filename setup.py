"""What pyproject.toml cannot say: solutions/ goes along as ``dlgrader/texts``, for instructors.

The wheel of the whole is for them. Learners get another one, with `dlcore` alone
(book/_ext/course_wheel.py).
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["dlcore*", "dlgrader*"]), "dlgrader.texts"],
    package_dir={"dlgrader.texts": "solutions"},
)
