"""The errors that a user can meet, each with the exit code of the command that met it."""


class GeneratorError(Exception):
    """Something a user can mend. Its text is one line: what is wrong, with which value, what is accepted."""

    exit_code = 1


class DriftError(GeneratorError):
    """``build --check`` found files that differ from what the specification says."""

    exit_code = 2


class UsageError(GeneratorError):
    """The command line names an option, command or value that does not exist."""

    exit_code = 3


class OutputFolderError(GeneratorError):
    """The output folder holds files that the generator did not write, or cannot be written."""

    exit_code = 4


class TemplateError(GeneratorError):
    """A template is malformed or uses a name that nothing defines."""

    exit_code = 5


class PackageError(GeneratorError):
    """The source folder, the requirements or the archive of a package cannot be used."""

    exit_code = 6


class TerraformError(GeneratorError):
    """Terraform or its AWS provider is missing, too old, or refused the configuration."""

    exit_code = 7


class LocalAwsError(GeneratorError):
    """The local AWS did not start, or refused what was asked of it."""

    exit_code = 8


class ProfileError(GeneratorError):
    """A profile cannot be read, contradicts itself, or names what does not exist."""

    exit_code = 9


class ModuleError(GeneratorError):
    """A module that is to be compared cannot be found or read."""

    exit_code = 10


class BumpError(GeneratorError):
    """A change needs a larger version bump than the one that was announced."""

    exit_code = 11


class ReleaseError(GeneratorError):
    """A release cannot be made: the changelog does not tell of it, or its files cannot be written."""

    exit_code = 12


class AwsError(GeneratorError):
    """AWS refused a call, or could not be reached."""

    exit_code = 13


class UnfinishedError(GeneratorError):
    """Not everything could be done: something failed, is parked with a reason, or is lost."""

    exit_code = 14
