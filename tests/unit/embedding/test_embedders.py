"""The quantised forms keep the contract and agree with the reference."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from medqa.embedding import open_embedder
from medqa.embedding.model_files import ModelFiles, open_model_files
from medqa.embedding.quantised import QuantisedEmbedder
from medqa.embedding.sentence_transformer import SentenceTransformerEmbedder
from medqa.errors import EmbeddingError
from medqa.ports import Embedder
from medqa.testing import EmbedderContract

pytestmark = pytest.mark.timeout(900)  # the first run on a machine makes the exports

# None of these is a calibration passage.
PASSAGES = [
    "Aspirin thins the blood and is given in low doses after a heart attack.",
    "A cast keeps a broken wrist still until the bone has knitted together.",
    "Cataracts cloud the lens of the eye; an operation replaces it with a clear one.",
    "Insulin is injected under the skin before meals, and blood sugar is measured several times a day.",
    "Vaccines teach the immune system to recognise a virus before it meets it.",
    "Snoring with pauses in breathing can be a sign of sleep apnoea, which a mask at night treats.",
    "Iron tablets may turn stools black and are better absorbed with orange juice.",
    "Sunburn reddens the skin; cool water and shade help, and blisters should be left alone.",
    "A nosebleed stops sooner when you lean forward and pinch the soft part of the nose for ten minutes.",
    "Statins lower cholesterol and with it the risk of a stroke, but may cause muscle aches.",
    "Croup gives small children a barking cough that is worse at night.",
    "Thyroid hormone is taken on an empty stomach, half an hour before breakfast.",
    "Hay fever makes the eyes itch and the nose run when grass is in flower. " * 6,
    "Lice are combed out of wet hair with a fine comb every few days for two weeks. " * 9,
]
QUESTIONS = [
    "what can I do when my nose bleeds",
    "tablets for high cholesterol side effects",
    "my toddler coughs like a seal",
    "how is diabetes treated with injections",
    "black stools from iron",
    "operation for cloudy lens",
]


@pytest.fixture(scope="module")
def reference(bundled: ModelFiles) -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(bundled, batch_size=8)


class TestQuantised(EmbedderContract):
    @pytest.fixture(autouse=True)
    def _opened(self, quantised: QuantisedEmbedder) -> None:
        self._embedder = quantised

    def embedder(self) -> Embedder:
        return self._embedder


class TestReference(EmbedderContract):
    @pytest.fixture(autouse=True)
    def _opened(self, reference: SentenceTransformerEmbedder) -> None:
        self._embedder = reference

    def embedder(self) -> Embedder:
        return self._embedder


def test_the_reference_is_what_sentence_transformers_gives(
    reference: SentenceTransformerEmbedder, bundled: ModelFiles
) -> None:
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(bundled.folder), device="cpu").encode(PASSAGES)
    np.testing.assert_allclose(reference.encode(PASSAGES), theirs, atol=1e-5)


def test_quantised_vectors_point_where_the_reference_does(
    quantised: QuantisedEmbedder, reference: SentenceTransformerEmbedder
) -> None:
    texts = PASSAGES + QUESTIONS
    cosines = (quantised.encode(texts) * reference.encode(texts)).sum(axis=1)
    assert cosines.mean() >= 0.99
    assert cosines.min() >= 0.97


def test_quantised_ranking_agrees(quantised: QuantisedEmbedder, reference: SentenceTransformerEmbedder) -> None:
    ours, theirs = quantised.encode(PASSAGES), reference.encode(PASSAGES)
    for question in QUESTIONS:
        mine = np.argsort(-(ours @ quantised.encode_query(question)))
        expected = np.argsort(-(theirs @ reference.encode_query(question)))
        assert mine[0] == expected[0]
        assert len({*mine[:3]} & {*expected[:3]}) >= 2


def test_company_changes_no_vector(quantised: QuantisedEmbedder) -> None:
    together = quantised.encode(PASSAGES)
    alone = np.vstack([quantised.encode([text]) for text in PASSAGES])
    cosines = (together * alone).sum(axis=1)
    assert cosines.min() > 0.999 if quantised.fingerprint.startswith("openvino") else (together == alone).all()


def test_queries_from_several_threads(quantised: QuantisedEmbedder) -> None:
    alone = [quantised.encode_query(question) for question in QUESTIONS]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(quantised.encode_query, QUESTIONS * 10))
    np.testing.assert_allclose(np.vstack(together), np.vstack(alone * 10), atol=1e-5)


def test_a_text_above_the_limit_is_refused_by_name(quantised: QuantisedEmbedder) -> None:
    with pytest.raises(EmbeddingError, match="300 tokens is longer than the 254"):
        quantised.encode(["fine", "pain " * 300])


def test_prompts_and_first_token_pooling_of_another_model(tiny_model: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    ours = open_embedder(model=str(tiny_model), backend="torch", batch_size=4, cache_dir=tmp_path)
    theirs = SentenceTransformer(str(tiny_model), device="cpu")
    np.testing.assert_allclose(
        ours.encode(PASSAGES[:3]), theirs.encode_document(PASSAGES[:3], normalize_embeddings=True), atol=1e-5
    )
    np.testing.assert_allclose(
        ours.encode_query("pain"), theirs.encode_query("pain", normalize_embeddings=True), atol=1e-5
    )
    assert ours.max_tokens == 64 - 2 - ours.count_tokens("passage: ")


def test_auto_falls_back_to_torch_with_a_warning(
    tiny_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    embedder = open_embedder(model=str(tiny_model), backend="auto", batch_size=4, cache_dir=tmp_path / "file")
    assert embedder.fingerprint.startswith("torch-fp32-")
    assert "cannot be kept" in caplog.text
    with pytest.raises(EmbeddingError, match="cannot be kept"):
        open_embedder(model=str(tiny_model), backend="onnx", batch_size=4, cache_dir=tmp_path / "file")


def test_parts_that_only_the_reference_can_run(tiny_model: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    pooling = folder / "1_Pooling" / "config.json"
    pooling.write_text(
        pooling.read_text().replace('"pooling_mode_mean_tokens": false', '"pooling_mode_mean_tokens": true')
    )
    assert open_model_files(str(folder)).pooling is None
    with pytest.raises(EmbeddingError, match="only sentence-transformers"):
        open_embedder(model=str(folder), backend="openvino", batch_size=4, cache_dir=tmp_path)
    embedder = open_embedder(model=str(folder), backend="auto", batch_size=4, cache_dir=tmp_path)
    assert embedder.fingerprint.startswith("torch-fp32-")
    assert embedder.encode(["pain"]).shape == (1, 64)
