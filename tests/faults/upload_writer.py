"""Keeps one uploaded article after the other and says the checksum of each that was acknowledged; made to be killed."""

import sys
from itertools import count
from pathlib import Path

from medqa.state import UploadStore
from medqa.types import ArticleId

store = UploadStore(Path(sys.argv[1]))
for number in count(len(store.list())):
    text = f"# Article {number}\n\n" + "Warmth relaxes muscles. " * 2_000
    kept = store.keep(ArticleId(f"article-{number}"), f"article-{number}.md", text.encode(), by="ada")
    sys.stdout.write(f"{kept.sha256}\n")
    sys.stdout.flush()
    if number % 5 == 4:
        store.write_out()  # as a build does, so that it is killed in there too
