"""Settings: `medqa.toml`, then environment variables such as ``MEDQA_RETRIEVAL__LEXICAL=false``.

Read once at the edge (`load_settings`) and passed on as values. Unknown keys are refused. Only `engine`
and the layers above it import this module.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from medqa.errors import ConfigError

CONFIG_FILE = "medqa.toml"
ENV_PREFIX = "MEDQA_"

Fusion = Literal["minmax", "rrf"]
Rerank = Literal["none", "fast", "quality"]
Backend = Literal["auto", "openvino", "onnx", "torch"]
Region = Literal["us", "uk", "eu", "au", "ca"]
RoleName = Literal["staff", "tester", "admin"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CorpusSettings(_Section):
    max_file_mb: float = Field(64.0, gt=0, description="A larger article file is refused by name.")


class EmbeddingSettings(_Section):
    model: str = Field("bundled", description="`bundled` (all-MiniLM-L6-v2), a folder, or a hub name.")
    question_model: str = Field(
        "auto",
        description="What reads questions: `adapted`, a folder that `medqa train` wrote, or empty: as `model`. "
        "`auto`: `adapted` where `model` is `bundled`, else empty.",
    )
    backend: Backend = Field("auto", description="`auto`: quantised where it can be made, else torch.")
    batch_size: int = Field(8, ge=1, le=512)
    cache_dir: str = Field("", description="Where quantised exports are kept; empty: the user's cache folder.")

    @property
    def reads_questions(self) -> str:
        """The adapter that reads questions; empty where `model` itself does."""
        if self.question_model != "auto":
            return self.question_model
        return "adapted" if self.model == "bundled" else ""


class ChunkingSettings(_Section):
    max_tokens: int = Field(254, ge=32, le=8192, description="Headings and passage together, model's own tokens.")


class RetrievalSettings(_Section):
    dense: bool = True
    lexical: bool = True
    fusion: Fusion = "minmax"
    lexical_weight: float = Field(0.3, ge=0.0, le=1.0)
    rrf_k: int = Field(60, ge=1)
    understanding: bool = True
    rerank: Rerank = "fast"
    asked: bool = Field(True, description="With `fast`: what people are known to ask for each section.")
    reranker: str = Field("", description="For `quality`: a folder that `medqa train --reranker` wrote.")
    depth: int = Field(100, ge=1, le=1000, description="Passages taken from each retriever before fusion.")
    max_per_article: int = Field(10, ge=1, description="Passages of one article among the first ten.")
    abstain_below: float = Field(0.38, ge=-1.0, le=1.0)
    sure_from: float = Field(0.5, ge=0.0, le=1.0, description="How sure an answer must be that it answers.")


class AnsweringSettings(_Section):
    generator: Literal["extractive", "llm"] = "extractive"
    max_sentences: int = Field(5, ge=1, le=10)


class LlmSettings(_Section):
    """Read where `answering.generator` is ``llm``; see docs/language-model.md."""

    base_url: str = Field("http://127.0.0.1:8080/v1", description="An OpenAI-compatible server, http or https.")
    model: str = Field("", description="The model's name on that server.")
    api_key_env: str = Field("", description="Name of the environment variable that holds the key; empty: no key.")
    timeout_s: float = Field(20.0, gt=0, le=600, description="For the whole response.")
    max_tokens: int = Field(400, ge=16, le=4096)


class SafetySettings(_Section):
    region: Region = "us"
    expired_after_days: int = Field(365, ge=0, description="Days past review_due_on after which nothing is quoted.")


class IndexSettings(_Section):
    keep_builds: int = Field(2, ge=1, description="The live build and those kept for a rollback.")


class ServerSettings(_Section):
    host: str = "127.0.0.1"
    port: int = Field(7860, ge=0, le=65535)
    max_question_chars: int = Field(4000, ge=50)
    max_body_kb: int = Field(256, ge=16)
    concurrency: int = Field(8, ge=1)


class UserSettings(_Section):
    """Somebody who may sign in. `password_hash` is what ``medqa user hash`` printed."""

    name: str = Field(min_length=1, max_length=64)
    password_hash: str = Field(pattern=r"^\$argon2id\$", repr=False)
    roles: tuple[RoleName, ...] = Field(min_length=1)


class LabSettings(_Section):
    """The testers' lab; see docs/lab.md."""

    sets: Path = Field(Path("evals"), description="Folder of the question sets that a run may use.")
    keep_runs: int = Field(200, ge=1, description="Older runs are removed.")


class GapSettings(_Section):
    """What is kept of questions without an answer; see docs/support-desk.md."""

    keep_questions: bool = Field(False, description="Off: counts by topic alone. On: the question too, redacted.")
    keep_days: int = Field(90, ge=1, le=3650, description="After so many days a kept question is deleted.")


class AccessSettings(_Section):
    """The rooms behind the sign-in; see docs/support-desk.md. Without a person anywhere they do not exist."""

    users: tuple[UserSettings, ...] = ()
    session_hours: float = Field(12.0, gt=0, le=168, description="A session ends this long after the sign-in.")
    idle_minutes: float = Field(60.0, gt=0, le=1440, description="And this long after the last request.")


class Settings(BaseSettings):
    """All settings. Frozen; see `load_settings`."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    corpus_paths: tuple[Path, ...] = (Path("corpus"),)
    index_dir: Path = Path("index")
    corpus: CorpusSettings = CorpusSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    answering: AnsweringSettings = AnsweringSettings()
    llm: LlmSettings = LlmSettings()
    safety: SafetySettings = SafetySettings()
    index: IndexSettings = IndexSettings()
    server: ServerSettings = ServerSettings()
    access: AccessSettings = AccessSettings()
    lab: LabSettings = LabSettings()
    gaps: GapSettings = GapSettings()


def load_settings(config_file: Path | None = None, **overrides: Any) -> Settings:
    """Defaults, then the TOML file, then the environment, then `overrides` (what the command line gave).

    Without `config_file`, ``medqa.toml`` of the working folder is read where it exists.
    Raises `ConfigError` naming the key and, for the environment, the variable.
    """
    if config_file is not None and not config_file.is_file():
        raise ConfigError(f"The configuration file {config_file} does not exist.")
    path = config_file or Path(CONFIG_FILE)
    _refuse_unknown_variables()

    class _FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=path)

    try:
        loaded = _FromFile(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"Setting {key!r}: {first['msg']} (from {path}, {ENV_PREFIX}* or the command line)."
        ) from error
    except ValueError as error:  # TOML syntax, or an environment value that is not JSON
        raise ConfigError(f"The configuration cannot be read ({path}): {error}") from error
    return Settings.model_construct(**{name: getattr(loaded, name) for name in Settings.model_fields})


def _refuse_unknown_variables() -> None:
    for variable in os.environ:
        if not variable.startswith(ENV_PREFIX):
            continue
        head, _, rest = variable.removeprefix(ENV_PREFIX).lower().partition("__")
        field = Settings.model_fields.get(head)
        section = field.annotation if field is not None else None
        known = field is not None
        if rest and isinstance(section, type) and issubclass(section, BaseModel):
            known = rest in section.model_fields
        if not known:
            raise ConfigError(f"The environment variable {variable} is not a setting of medqa.")


def choices(alias: Any) -> tuple[str, ...]:
    """The values that a Literal setting accepts, for help texts."""
    return tuple(str(v) for v in get_args(alias))
