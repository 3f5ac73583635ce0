from __future__ import annotations

import codecs
import hashlib
import os
import re
from pathlib import Path

import pytest
from corpus_samples import LIMIT, PLAIN, docx, paragraph

from medqa.corpus import CorpusReading, read_corpus, source_files
from medqa.errors import CorpusError


def read(*paths: Path, limit: int = LIMIT) -> CorpusReading:
    return read_corpus(paths, max_file_bytes=limit)


def write(folder: Path, name: str, content: str | bytes = "# T\n\nText.\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_folders_are_walked_in_order_and_documents_sorted(tmp_path: Path) -> None:
    write(tmp_path, "b/one.md")
    write(tmp_path, "a/two.md")
    for name in ["README.md", "a/readme.txt", ".hidden/x.md", "a/.x.md", "picture.png", "notes.py"]:
        write(tmp_path, name)
    reading = read(tmp_path)
    assert [document.id for document in reading.documents] == ["one", "two"]
    assert [Path(path).name for path in reading.files] == ["two.md", "one.md"]
    assert reading.problems == ()
    assert reading == read(tmp_path)


def test_files_carry_their_hashes(tmp_path: Path) -> None:
    good = write(tmp_path, "a.md")
    bad = write(tmp_path, "b.md", b"\xff\xfe\xff")
    reading = read(tmp_path)
    assert reading.files == {path.as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in (good, bad)}
    assert source_files([tmp_path]) == reading.files
    assert reading.documents[0].sha256 == reading.files[good.as_posix()]
    assert reading.documents[0].source_path == good.as_posix()


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    for call in (read, lambda path: source_files([path])):
        with pytest.raises(CorpusError, match="does not exist"):
            call(tmp_path / "nowhere")


def test_an_empty_folder_is_no_error(tmp_path: Path) -> None:
    assert read(tmp_path) == CorpusReading((), (), {})


def test_a_named_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    assert read(write(tmp_path, "README.md")).documents[0].id == "readme"
    (problem,) = read(write(tmp_path, "a.xyz")).problems
    assert "not read" in problem.cause


def test_a_file_reached_twice_is_read_once(tmp_path: Path) -> None:
    file = write(tmp_path, "a.md")
    reading = read(tmp_path, file)
    assert len(reading.documents) == 1
    assert reading.problems == ()


def test_the_first_of_two_equal_ids_is_kept(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "---\nid: same\n---\n# First\n\nText.\n")
    write(tmp_path, "b.md", "---\nid: same\n---\n# Second\n\nText.\n")
    reading = read(tmp_path)
    assert [document.title for document in reading.documents] == ["First"]
    (problem,) = reading.problems
    assert problem.path.endswith("b.md")
    assert "a.md" in problem.cause
    assert "Second" in problem.cause


def test_equal_section_ids_of_two_articles_are_a_problem(tmp_path: Path) -> None:
    record = '{"id": "%s", "title": "T %s", "sections": [{"id": "s1", "heading": "h", "text": "x"}]}\n'
    write(tmp_path, "a.jsonl", record % ("a", "a") + record % ("b", "b"))
    reading = read(tmp_path)
    assert [document.id for document in reading.documents] == ["a"]
    assert "'s1'" in reading.problems[0].cause


BAD_FILES: list[tuple[str, bytes, str]] = [
    ("empty.md", b"", "empty"),
    ("empty.docx", b"", "empty"),
    ("empty.pdf", b"", "empty"),
    ("empty.jsonl", b"", "empty"),
    ("white.txt", b" \n\t\n", "white space"),
    ("bom.md", codecs.BOM_UTF8, "white space"),
    ("title-only.txt", b"A Title\n", "no text|white space"),
    ("heading-only.md", b"# Title\n", "no text"),
    ("front-only.md", b"---\ntitle: T\n---\n", "no text"),
    ("binary.txt", bytes(range(256)), "binary|control|NUL"),
    ("nul.md", b"# T\n\na\0b", "NUL at character 6"),
    ("control.md", b"# T\n\na\x1b[31mb", "U\\+001B"),
    ("latin.md", "# T\n\nAn\xe9mie".encode("cp1252"), "0xe9 at offset 7.*iconv"),
    ("utf16.md", codecs.BOM_UTF16_LE + b"a", "broken UTF-16"),
    ("utf32.md", codecs.BOM_UTF32_LE + "# T".encode("utf-32-le"), "UTF-32"),
    ("yaml.md", b"---\ntitle: [\n---\n\nText", "not valid YAML"),
    ("open.md", b"---\ntitle: T\n\nText", "never closed"),
    ("slug.md", b"---\nid: A B\n---\n\nText", "`id`"),
    ("cut.docx", docx(paragraph("Text"))[:300], "not a whole Word document"),
    ("fake.pdf", b"hello", "not a PDF"),
    ("fake.jsonl.gz", b"hello", "damaged"),
    ("big.txt", b"word " * 20_000, "more than the limit"),
]


def test_every_bad_file_is_one_problem_and_the_others_go_on(tmp_path: Path) -> None:
    write(tmp_path, "a-good.md")
    write(tmp_path, "z-good.txt", PLAIN)
    for name, content, _ in BAD_FILES:
        write(tmp_path, name, content)
    reading = read(tmp_path, limit=50_000)
    assert [document.id for document in reading.documents] == ["a-good", "z-good"]
    causes = {Path(problem.path).name: problem.cause for problem in reading.problems}
    assert len(reading.problems) == len(causes) == len(BAD_FILES)


@pytest.mark.parametrize(("name", "content", "cause"), BAD_FILES, ids=[name for name, _, _ in BAD_FILES])
def test_the_cause_is_one_that_a_person_understands(tmp_path: Path, name: str, content: bytes, cause: str) -> None:
    (problem,) = read(write(tmp_path, name, content), limit=50_000).problems
    assert re.search(cause, problem.cause), problem.cause
    assert problem.cause.endswith((".", "it.", "NEW"))
    assert "\n" not in problem.cause


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_locked_file_is_a_problem(tmp_path: Path) -> None:
    file = write(tmp_path, "a.md")
    file.chmod(0)
    (problem,) = read(file).problems
    assert "cannot be opened" in problem.cause


def test_links_do_not_loop_and_dangling_ones_are_named(tmp_path: Path) -> None:
    write(tmp_path, "a/one.md")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "a" / "gone.md").symlink_to(tmp_path / "nothing")
    reading = read(tmp_path)
    assert [document.id for document in reading.documents] == ["one"]
    assert [Path(problem.path).name for problem in reading.problems] == ["gone.md"]
    assert source_files([tmp_path]) == reading.files


def test_line_ends_and_marks_of_byte_order_are_normalised(tmp_path: Path) -> None:
    write(tmp_path, "a.md", codecs.BOM_UTF8 + b"---\r\ntitle: T\r\n---\r\n\r\nOne  \r\ntwo.\rThree.")
    write(tmp_path, "b.txt", codecs.BOM_UTF16_BE + "T\n\nText ½.".encode("utf-16-be"))
    first, second = read(tmp_path).documents
    assert first.text == "One\ntwo. Three."
    assert second.text == "Text ½."


def test_a_large_file_within_the_limit_is_read(tmp_path: Path) -> None:
    file = write(tmp_path, "large.txt", "A Title\n\n" + "One sentence follows another here.\n\n" * 30_000)
    (document,) = read(file).documents
    assert len(document.sections[0].blocks) == 30_000


def test_progress_counts_bytes_and_may_stop_the_work(tmp_path: Path) -> None:
    first, second = write(tmp_path, "a.md"), write(tmp_path, "b.md", "# T\n\nLonger text.\n")
    seen: list[tuple[int, int]] = []
    read_corpus([tmp_path], max_file_bytes=LIMIT, progress=lambda done, total: seen.append((done, total)))
    sizes = [first.stat().st_size, second.stat().st_size]
    assert seen == [(sizes[0], sum(sizes)), (sum(sizes), sum(sizes))]

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_corpus([tmp_path], max_file_bytes=LIMIT, progress=stop)
