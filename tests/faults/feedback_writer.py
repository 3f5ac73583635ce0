"""Leaves feedback without end and says the id of each as soon as the store has acknowledged it; made to be killed."""

import sys
from pathlib import Path

from medqa.state import Feedback, FeedbackStore

store = FeedbackStore(Path(sys.argv[1]))
while True:
    kept = store.add(Feedback(helpful=False, answer={"kind": "abstained", "message": "Nothing found. " * 40}))
    sys.stdout.write(f"{kept}\n")
    sys.stdout.flush()
