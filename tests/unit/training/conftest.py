"""A library of six small articles and a tiny model with mean pooling: enough to train on in a second."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from medqa.chunking import Chunker
from medqa.config import Settings, load_settings
from medqa.corpus import read_corpus
from medqa.embedding.model_files import ModelFiles, open_model_files
from medqa.embedding.tokens import ModelTokenizer
from medqa.knowledge.lexicon import Lexicon
from medqa.training.recipe import Recipe
from medqa.training.sections import TrainingCorpus, training_corpus
from medqa.training.wording import Phrasings

SUBJECTS = {
    "Hay fever": ("pollen", "antihistamines", "sneezing"),
    "Sunburn": ("sunlight", "shade", "red skin"),
    "Scurvy": ("a lack of vitamin C", "oranges", "bleeding gums"),
    "Croup": ("a virus", "steam", "a barking cough"),
    "Anemia": ("a lack of iron", "iron tablets", "tiredness"),
    "Seasickness": ("waves", "ginger", "nausea"),
}
SMALL = Recipe(rank=4, alpha=4, batch=8, steps=3, question_tokens=32, learning_rate=5e-3, strength=1.0)


@pytest.fixture(scope="session")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("articles")
    for title, (cause, help_, sign) in SUBJECTS.items():
        (folder / f"{title.replace(' ', '-').lower()}.md").write_text(
            f"# {title}\n\n## What causes {title}?\n\nMost often {cause} causes it in grown people and children. "
            f"It is not passed on from one person to another by touch.\n\n"
            f"## What are the symptoms of {title}?\n\nThe first sign of it is {sign} that does not go away for days. "
            f"Some people also feel weak and sleep badly for a while.\n\n"
            f"## How is {title} treated?\n\nTaking {help_} helps most of the people who have it within a week. "
            f"A doctor should be asked when it comes back again and again.\n",
            encoding="utf-8",
        )
    return folder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    """A model of two layers with random weights that reads 64 tokens."""
    import torch
    from transformers import BertConfig, BertModel

    bundled = open_model_files("bundled")
    folder = tmp_path_factory.mktemp("tiny-mean")
    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, max_position_embeddings=64
    )
    BertModel(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(bundled.folder / name, folder / name)
    kinds = (("", "Transformer"), ("1_Pooling", "Pooling"))
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 64, "do_lower_case": False}))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True})
    )
    return open_model_files(str(folder))


@pytest.fixture(scope="session")
def corpus(articles: Path, tiny: ModelFiles) -> TrainingCorpus:
    documents = read_corpus((articles,), max_file_bytes=100_000).documents
    chunker = Chunker(ModelTokenizer(tiny.folder / "tokenizer.json", 64, "", ""), 60)
    chunks = [chunk for document in documents for chunk in chunker.chunk(document)]
    return training_corpus(documents, chunks, Phrasings.load(), Lexicon.load())


@pytest.fixture
def settings(articles: Path, tiny: ModelFiles, tmp_path: Path) -> Settings:
    return load_settings(
        corpus_paths=(articles,),
        index_dir=tmp_path / "index",
        embedding={"model": str(tiny.folder), "backend": "torch"},
        chunking={"max_tokens": 60},
    )
