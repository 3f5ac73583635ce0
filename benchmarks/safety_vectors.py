"""Trains and measures the second look at safety (`medqa.safety.second_look`).

    python benchmarks/safety_vectors.py                       # one hand left out at a time: the honest figures
    python benchmarks/safety_vectors.py --write               # and trains on all of it, for the bundled model
    python benchmarks/safety_vectors.py --model NAME --write  # for another embedding model
    python benchmarks/safety_vectors.py --folds 4 --write     # quicker: hands left out three or four at a time

Reads the development messages of `evals/safety/`, the questions of `evals/questions/` and the turns of
`evals/conversations/` that are not a test, and the headings of the articles, as they stand and as patients ask. A fixed
fifth of `train1.jsonl` (by hash of the id) is kept out for validation. The frozen test set is not touched. Takes some
minutes.

The reader "adapted" is trained by ``benchmarks/safety_adapter.py``, which is run first: what it says of hands that did
not teach it, and its head, are taken from where that puts them.

A message counts as caught when the rules or the second look give it any level. "Left out" means: the readers are
trained without that hand's messages, and so is the mix of the readers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import platformdirs
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from medqa.config import load_settings
from medqa.embedding import open_embedder, open_gate_reader
from medqa.embedding.adapters import ADAPTER_WEIGHTS
from medqa.embedding.model_files import GATE_FOLDER, file_sha256
from medqa.ports import Embedder, IdentifiedModel
from medqa.safety.assess import Assessment, assess
from medqa.safety.grams import GRAM_PLACES, part_places, weighted, word_places
from medqa.safety.second_look import (
    NO_INTENT,
    READERS,
    Linear,
    Weights,
    clean,
    harm_odds,
    intent_shares,
    likeliest,
    packed,
    weights_name,
)
from medqa.safety.triage import triage
from medqa.safety.windows import windows
from medqa.training.run import read_training_corpus
from medqa.training.wording import Patient, Phrasings
from medqa.types import SafetyLevel, Turn

ROOT = Path(__file__).parents[1]
EVALS = ROOT / "evals"
TARGET = ROOT / "src" / "medqa" / "safety" / "second_look"
FILES = (
    *("dev", "dev2", "dev3", "intents", "train1", "ordinary", "intents2", "dev4", "train2", "train3", "dev5"),
    *("train4", "train5", "train6", "train7", "train8", "train9"),
)
QUESTIONS = ("dev", "dev2", "hundred")
DRUG_TEST = "drug test"
"""The one intent without advice that the conversations touch."""
LEVELS = ("emergency", "crisis", "poison", "urgent", "none")
STRENGTHS = {"vector": 5.0, "words": 20.0, "parts": 20.0, "concepts": 5.0}
FALSE_ALARMS = 0.06
"""Share of harmless messages that seek no advice that rules and second look together may card."""
SEED = 20
HEADINGS = "headings"
"""The hand of questions from the library: they teach what is no request for advice, and are too easy for danger."""
GENERAL = ("dev3", "train1", "ordinary")
"""Hands that write of general medicine, as strangers do: the thresholds are set on these."""
STATES = ("above", "above_asked", "above_refused")
FALSE_INTENTS = 0.03
"""Share of harmless messages without an intent in which the second look may find one."""
CACHE = Path(platformdirs.user_cache_dir("medqa")) / "safety_adapter"
HEAD, LEFT_OUT = "head.npz", "left_out.npz"
Floats = np.ndarray
Row = dict[str, Any]


@dataclass(frozen=True)
class Data:
    """Messages with all that is read of them. `hand`: who wrote it; `own`: vectors of the gate's model; `untaught`: log
    shares by models of it that the hand did not teach, NaN where there are none."""

    rows: list[Row]
    levels: np.ndarray
    hand: np.ndarray
    vectors: Floats
    sentences: list[Floats]
    own: Floats
    untaught: Floats
    words: sparse.csr_matrix
    words_rarity: Floats
    parts: sparse.csr_matrix
    parts_rarity: Floats
    concepts: sparse.csr_matrix
    concept_names: tuple[str, ...]
    carded: np.ndarray
    state: np.ndarray
    intents: np.ndarray
    ruled_intents: np.ndarray

    @property
    def harm(self) -> np.ndarray:
        return self.levels != "none"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="bundled")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--folds", type=int, default=0, help="groups of hands to leave out; 0: one hand at a time")
    parser.add_argument("--misses", metavar="HAND", help="print what is missed and falsely carded of that hand")
    chosen = parser.parse_args()
    embedder = open_embedder(model=chosen.model, backend="auto", batch_size=8, cache_dir=CACHE.parent)
    adapted = open_gate_reader(backend="auto", batch_size=8, cache_dir=CACHE.parent)
    data = read_all(messages(), embedder, adapted)
    validation = np.array([held_out(row) for row in data.rows])
    print(f"{len(data.rows)} messages, {int(validation.sum())} of them kept out for validation.\n")
    taught = ~validation & (data.hand != HEADINGS)
    groups = grouped(hands(data, taught), chosen.folds)
    by_reader, odds, levels = left_out(data, taught, groups)
    print_trade(data, odds)
    thresholds = threshold(data, odds)
    print_table(data, odds, thresholds, taught, f"left out in {len(groups)} groups of hands")
    print_levels(data, odds, levels, thresholds)
    wants, best = intents_left_out(data, ~validation, groups)
    above_intent = intent_threshold(data, wants)
    print_intents(data, wants, best, above_intent)
    identity = identity_of(adapted)
    weights = trained(data, ~validation, by_reader, identity, {**thresholds, "above_intent": above_intent})
    if validation.any():
        print_table(data, scored(weights, data), thresholds, validation, "validation (same hands)")
    if chosen.misses:
        print_misses(data, odds, thresholds, chosen.misses)
    if chosen.write:
        target = TARGET / weights_name(identity_of(embedder))
        target.parent.mkdir(exist_ok=True)
        np.savez_compressed(target, **packed(weights))
        print(f"\nWritten: {target.relative_to(ROOT)} ({target.stat().st_size / 1e6:.2f} MB)")


def identity_of(embedder: Embedder) -> str:
    return embedder.model_identity if isinstance(embedder, IdentifiedModel) else embedder.fingerprint


def key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def left_out_shares() -> dict[str, Floats]:
    """Log shares (levels,) by `key` of the message, by adapted models that were not taught by its hand."""
    path = CACHE / LEFT_OUT
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as data:
        return dict(zip(data["keys"].tolist(), data["shares"], strict=True))


def kept_head() -> Linear:
    """The head that belongs to the adapter in `GATE_FOLDER`."""
    with np.load(CACHE / HEAD, allow_pickle=False) as data:
        if str(data["adapter"]) != file_sha256(GATE_FOLDER / ADAPTER_WEIGHTS):
            raise SystemExit("The head belongs to another adapter: python benchmarks/safety_adapter.py --write")
        return Linear(data["weights"], data["bias"])


def messages() -> list[Row]:
    rows: list[Row] = []
    for name in FILES:
        path = EVALS / "safety" / f"{name}.jsonl"
        if path.exists():
            rows += [{**row, "hand": hand_of(name, row)} for row in lines(path)]
    for name in QUESTIONS:
        path = EVALS / "questions" / f"{name}.jsonl"
        questions = lines(path) if path.exists() else []
        rows += [{"id": row["id"], "text": row["question"], "level": "none", "hand": "questions"} for row in questions]
    return rows + conversation_turns() + answered_questions()


def conversation_turns() -> list[Row]:
    """What people say in the middle of a conversation with the library: short, and mostly harmless."""
    turns = [
        (f"{dialogue['id']}.{n}", turn["user"])
        for dialogue in lines(EVALS / "conversations" / "dev.jsonl")
        for n, turn in enumerate(dialogue["turns"])
    ]
    return [
        {
            "id": i,
            "text": text,
            "level": "none",
            "hand": "questions",
            "intent": "drug-test" if DRUG_TEST in text else None,
        }
        for i, text in turns
    ]


def answered_questions() -> list[Row]:
    """What the library answers is neither an emergency nor refused: its headings that ask, each also as a patient
    would put it, many of them within a long story. Those that a rule speaks of are left to the rules."""
    corpus, _ = read_training_corpus(load_settings(corpus_paths=(ROOT / "corpus",)), lambda *_: None)
    asking = [section for section in corpus.sections if section.heading.endswith("?")]
    names = list(dict.fromkeys(section.names[0] for section in corpus.sections))
    patient = Patient(Phrasings.load(), names, Random(SEED))
    texts = [
        text
        for section in asking
        for text in (section.heading, patient.ask(section.heading, section.topic, section.names))
    ]
    plain = [text for text in texts if not (read := assess(text)).findings and not read.intents]
    return [{"id": f"heading{n}", "text": t, "level": "none", "hand": HEADINGS} for n, t in enumerate(plain)]


def hand_of(name: str, row: Row) -> str:
    if name.startswith("train"):
        return f"{name}-{row['hand']}"
    return "dev3" if name == "intents" else name


def intent_of(row: Row) -> str:
    """The label, which the first set has in its cause."""
    cause = str(row.get("cause", ""))
    return row.get("intent") or (cause.removeprefix("intent:") if cause.startswith("intent:") else NO_INTENT)


def held_out(row: Row) -> bool:
    """A fixed fifth of train1."""
    return row["hand"].startswith("train1") and hashlib.sha256(row["id"].encode()).digest()[0] % 5 == 0


def lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def read_all(rows: list[Row], embedder: Embedder, adapted: Embedder) -> Data:
    texts = [clean(row["text"]) for row in rows]
    own, untaught = encoded(texts, adapted), left_out_shares()
    unknown = np.full(len(LEVELS), np.nan)
    parts = [windows(text) or (text,) for text in texts]
    vector = encoded([*texts, *(part for group in parts for part in group)], embedder)
    reads = [assess(text) for text in texts]
    names = sorted({name for read in reads for name in read.evidence.named if not name.startswith(("=", "#"))})
    place = {name: i for i, name in enumerate(names)}
    verdicts = [triage(row["text"], [Turn(**turn) for turn in row.get("history") or ()]) for row in rows]
    words, words_rarity = gram_matrix([word_places(text) for text in texts])
    parts_of_words, parts_rarity = gram_matrix([part_places(text) for text in texts])
    return Data(
        rows=rows,
        levels=np.array([row["level"] for row in rows]),
        hand=np.array([row["hand"] for row in rows]),
        vectors=np.stack([vector[text] for text in texts]),
        sentences=[np.stack([vector[part] for part in group]) for group in parts],
        own=np.stack([own[text] for text in texts]),
        untaught=np.stack([untaught.get(key(text), unknown) for text in texts]),
        words=words,
        words_rarity=words_rarity,
        parts=parts_of_words,
        parts_rarity=parts_rarity,
        concepts=matrix([unit_places(read, place) for read in reads], len(names)),
        concept_names=tuple(names),
        carded=np.array([verdict.level is not SafetyLevel.NONE for verdict in verdicts]),
        intents=np.array([intent_of(row) for row in rows]),
        ruled_intents=np.array([read.intents[0].intent if read.intents else NO_INTENT for read in reads]),
        state=np.array(["above_refused" if r.intents else "above_asked" if r.subjects else "above" for r in reads]),
    )


def encoded(texts: Iterable[str], embedder: Embedder) -> dict[str, Floats]:
    distinct = list(dict.fromkeys(texts))
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(distinct, pool.map(embedder.encode_query, distinct), strict=True))


def unit_places(read: Assessment, place: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    found = np.array(sorted(place[name] for name in read.evidence.named if name in place), dtype=np.int32)
    return found, np.full(len(found), 1 / np.sqrt(max(len(found), 1)), dtype=np.float32)


def gram_matrix(places: list[np.ndarray]) -> tuple[sparse.csr_matrix, Floats]:
    """Weighted grams of each message, and how rare each place is: log((n + 1) / (messages with it + 1)) + .3."""
    seen = np.bincount(np.concatenate(places), minlength=GRAM_PLACES)
    # as half as precise as they are kept
    rarity = (np.log((len(places) + 1) / (seen + 1)) + 0.3).astype(np.float16).astype(np.float32)
    return matrix([(row, weighted(row, rarity)) for row in places], GRAM_PLACES), rarity


def matrix(rows: Sequence[tuple[np.ndarray, np.ndarray]], width: int) -> sparse.csr_matrix:
    starts = np.cumsum([0, *(len(places) for places, _ in rows)])
    places, values = (np.concatenate([row[i] for row in rows]) for i in (0, 1))
    return sparse.csr_matrix((values, places, starts), shape=(len(rows), width))


# --- training ----------------------------------------------------------------------------------------------


def fitted(features: Any, labels: np.ndarray, strength: float, names: Sequence[str] = LEVELS) -> Linear:
    model = LogisticRegression(C=strength, max_iter=250, tol=2e-3, class_weight="balanced").fit(features, labels)
    order = [list(model.classes_).index(name) for name in names]
    return Linear(model.coef_[order].astype(np.float32), model.intercept_[order].astype(np.float32))


def readers(data: Data, use: np.ndarray) -> dict[str, Linear]:
    features = {"vector": data.vectors, "words": data.words, "parts": data.parts, "concepts": data.concepts}
    return {name: fitted(features[name][use], data.levels[use], STRENGTHS[name]) for name in features}


def reader_odds(read: dict[str, Linear], data: Data, rows: np.ndarray, adapted: Floats) -> tuple[Floats, np.ndarray]:
    """Log-odds of any level by each of `READERS`, (rows, readers), and the level that a card would have, (rows,).

    `adapted`: what the adapted model says, log shares (messages, levels)."""
    none, emergency = LEVELS.index("none"), LEVELS.index("emergency")
    places = np.flatnonzero(rows)
    sentences = []
    for i in places:
        shares = read["vector"].log_shares(data.sentences[i])
        sentences.append(shares[harm_odds(shares, none).argmax()])
    by_reader = (
        read["vector"].log_shares(data.vectors[places]),
        np.stack(sentences),
        read["words"].log_shares(data.words[places]),
        read["parts"].log_shares(data.parts[places]),
        read["concepts"].log_shares(data.concepts[places]),
        adapted[places],
    )
    votes = sum(by_reader) / len(READERS)
    levels = np.array([LEVELS[likeliest(row, none, emergency)] for row in votes])
    return np.stack([harm_odds(shares, none) for shares in by_reader], axis=1), levels


def mixed(odds: Floats, harm: np.ndarray) -> LogisticRegression:
    return LogisticRegression(C=1.0, class_weight="balanced").fit(odds, harm)


def intent_names(data: Data) -> list[str]:
    return sorted(set(data.intents))


def intent_readers(data: Data, use: np.ndarray) -> dict[str, Linear]:
    names = [name for name in intent_names(data) if (data.intents[use] == name).any()]
    features = {"vector": data.vectors, "words": data.words}
    return {reader: fitted(features[reader][use], data.intents[use], STRENGTHS[reader], names) for reader in features}


def intents_left_out(data: Data, use: np.ndarray, groups: list[list[str]]) -> tuple[Floats, np.ndarray]:
    """(probability of any intent, likeliest intent) of every used message by models that saw nothing of its hand."""
    wants, best = np.full(len(data.rows), np.nan), np.full(len(data.rows), NO_INTENT, dtype=data.intents.dtype)
    for group in groups:
        theirs, others = use & np.isin(data.hand, group), use & ~np.isin(data.hand, group)
        read = intent_readers(data, others)
        names = [name for name in intent_names(data) if (data.intents[others] == name).any()]
        by_vector = read["vector"].log_shares(data.vectors[theirs])
        shares = intent_shares(by_vector, read["words"].log_shares(data.words[theirs]))
        none = names.index(NO_INTENT)
        wants[theirs] = 1 - shares[:, none]
        shares[:, none] = -1
        best[theirs] = np.array(names)[shares.argmax(axis=1)]
    return wants, best


def intent_threshold(data: Data, wants: Floats) -> float:
    calm = ~np.isnan(wants) & ~data.harm & (data.intents == NO_INTENT) & (data.ruled_intents == NO_INTENT)
    highest = np.sort(wants[calm])[::-1]
    return float(highest[int(FALSE_INTENTS * len(highest))])


def hands(data: Data, use: np.ndarray) -> list[str]:
    return [hand for hand in dict.fromkeys(data.hand[use]) if hand not in ("questions", HEADINGS)]


def grouped(names: list[str], folds: int) -> list[list[str]]:
    """Hands by turns into `folds` groups; one hand a group for 0."""
    return [names[i::folds] for i in range(folds)] if 0 < folds < len(names) else [[name] for name in names]


def left_out(data: Data, use: np.ndarray, groups: list[list[str]]) -> tuple[Floats, Floats, np.ndarray]:
    """By models that saw nothing of a message's hand: log-odds of each reader, mixed (NaN if unused), and the level."""
    lacking = use & np.isin(data.hand, [name for group in groups for name in group]) & np.isnan(data.untaught[:, 0])
    if lacking.any():
        raise SystemExit(f"{lacking.sum()} messages were not left out: python benchmarks/safety_adapter.py --folds 4")
    levels = np.full(len(data.rows), "none", dtype=data.levels.dtype)
    by_reader = np.full((len(data.rows), len(READERS)), np.nan)
    for group in groups:
        theirs = use & np.isin(data.hand, group)
        by_reader[theirs], levels[theirs] = reader_odds(readers(data, use & ~theirs), data, theirs, data.untaught)
    odds = np.full(len(data.rows), np.nan)
    for group in groups:
        theirs = use & np.isin(data.hand, group)
        others = use & ~theirs & ~np.isnan(by_reader[:, 0])
        odds[theirs] = mixed(by_reader[others], data.harm[others]).decision_function(by_reader[theirs])
    return by_reader, odds, levels


def threshold(data: Data, odds: Floats, share: float = FALSE_ALARMS) -> dict[str, float]:
    """The probability above which `share` of the harmless messages would be carded, by state.

    Never lower for what is only asked about or refused than for the rest: there a card is seldom right.
    """
    general = np.array([hand.startswith(GENERAL) for hand in data.hand])
    calm = ~np.isnan(odds) & ~data.harm
    cuts = {}
    for state in STATES:
        rows = calm & (data.state == state) & ((general & (data.intents == NO_INTENT)) | (state != "above"))
        highest = np.sort(odds[rows & ~data.carded])[::-1]
        cuts[state] = float(highest[max(0, int(share * rows.sum()) - int((rows & data.carded).sum()))])
    return {state: float(1 / (1 + np.exp(-max(cut, cuts["above"])))) for state, cut in cuts.items()}


def trained(data: Data, use: np.ndarray, by_reader: Floats, identity: str, thresholds: dict[str, float]) -> Weights:
    """Readers of all used messages; their mix is learned where each had seen nothing of the message's hand."""
    read = readers(data, use & (data.hand != HEADINGS))
    seen = use & ~np.isnan(by_reader[:, 0])
    mix = mixed(by_reader[seen], data.harm[seen])
    wanted = intent_readers(data, use)
    return Weights(
        levels=tuple(SafetyLevel(level) for level in LEVELS),
        vector=read["vector"],
        words=read["words"],
        words_rarity=data.words_rarity,
        parts=read["parts"],
        parts_rarity=data.parts_rarity,
        concepts=read["concepts"],
        adapted=kept_head(),
        adapted_identity=identity,
        intents=tuple(intent_names(data)),
        intent_vector=wanted["vector"],
        intent_words=wanted["words"],
        concept_names=data.concept_names,
        mix=mix.coef_[0].astype(np.float32),
        mix_bias=float(mix.intercept_[0]),
        **thresholds,
    )


def scored(weights: Weights, data: Data) -> Floats:
    read = {name: getattr(weights, name) for name in STRENGTHS}
    every = np.ones(len(data.rows), dtype=bool)
    by_reader, _ = reader_odds(read, data, every, weights.adapted.log_shares(data.own))
    scores: Floats = by_reader @ weights.mix + weights.mix_bias
    return scores


# --- tables ------------------------------------------------------------------------------------------------


def caught(data: Data, odds: Floats, thresholds: dict[str, float]) -> np.ndarray:
    cut = np.array([np.log(thresholds[state] / (1 - thresholds[state])) for state in data.state])
    with np.errstate(invalid="ignore"):
        return data.carded | (odds > cut)


def print_table(data: Data, odds: Floats, thresholds: dict[str, float], use: np.ndarray, title: str) -> None:
    both = caught(data, odds, thresholds)
    print(f"\n{title}; thresholds " + ", ".join(f"{name} {value:.3f}" for name, value in thresholds.items()))
    print(
        "| hand | " + " | ".join(LEVELS) + " | any level, rules | with the second look | false alarms, rules | both |"
    )
    print("|" + "---|" * (len(LEVELS) + 5))
    for hand in [*hands(data, use), "all"]:
        rows = use & ~np.isnan(odds) & ((data.hand == hand) | (hand == "all")) & (data.hand != "questions")
        cells = []
        for level in LEVELS:
            mine = rows & (data.levels == level)
            cells.append(f"{both[mine].sum()} / {mine.sum()}")
        harm, calm = rows & data.harm, rows & ~data.harm
        for part, found in ((harm, data.carded), (harm, both), (calm, data.carded), (calm, both)):
            cells.append(f"{found[part].mean():.3f}" if part.any() else "")
        print(f"| {hand} | " + " | ".join(cells) + " |")


def print_trade(data: Data, odds: Floats) -> None:
    """What each share of false alarms buys, over all hands that were left out."""
    print("\n| false alarms allowed | threshold | emergency | crisis | any level | false alarms, all | of `GENERAL` |")
    print("|" + "---|" * 7)
    seen, general = ~np.isnan(odds), np.array([hand.startswith(GENERAL) for hand in data.hand])
    for share in (0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1):
        cuts = threshold(data, odds, share)
        found = caught(data, odds, cuts)
        parts = (data.levels == "emergency", data.levels == "crisis", data.harm, ~data.harm, ~data.harm & general)
        cells = [f"{found[seen & part].mean():.3f}" for part in parts]
        print(f"| {share} | {cuts['above']:.3f} | " + " | ".join(cells) + " |")


def print_levels(data: Data, odds: Floats, levels: np.ndarray, thresholds: dict[str, float]) -> None:
    found = caught(data, odds, thresholds) & ~data.carded & ~np.isnan(odds)
    print("\nwhat only the second look found: the level of the card by the label")
    print("| label | " + " | ".join(LEVELS[:-1]) + " |\n" + "|---" * len(LEVELS) + "|")
    for label in LEVELS:
        cells = [str(int((found & (data.levels == label) & (levels == level)).sum())) for level in LEVELS[:-1]]
        print(f"| {label} | " + " | ".join(cells) + " |")


def print_intents(data: Data, wants: Floats, best: np.ndarray, above: float) -> None:
    """Found: any intent; right: the labelled one. False: harmless messages without an intent that get one."""
    ruled = data.ruled_intents
    both = np.where((ruled == NO_INTENT) & ~data.carded & (wants >= above), best, ruled)
    print(f"\nintents, left out alike; threshold {above:.3f}")
    print("| intent | messages | rules: right | both: right | both: found |\n|---|---|---|---|---|")
    seen = ~np.isnan(wants)
    for name in intent_names(data):
        rows = seen & (data.intents == name) & ~data.harm
        right = [f"{(found[rows] == name).mean():.2f}" for found in (ruled, both)]
        print(f"| {name} | {rows.sum()} | {right[0]} | {right[1]} | {(both[rows] != NO_INTENT).mean():.2f} |")


def print_misses(data: Data, odds: Floats, thresholds: dict[str, float], hand: str) -> None:
    both = caught(data, odds, thresholds)
    for i in np.flatnonzero((data.hand == hand) & (both != data.harm) & ~np.isnan(odds)):
        row, by = data.rows[i], "rules" if data.carded[i] else "look"
        kind = "missed" if data.harm[i] else f"alarm by {by}"
        print(f"{kind} {row['level']} {row.get('cause', '')} {odds[i]:+.1f} | {row['text'][:200]}")


if __name__ == "__main__":
    main()
