"""Follow-up questions: "and with alcohol?" after a question about baclofen is about baclofen.

Deterministic rules over words, no model. `standalone` reads the person's own earlier messages in their order, keeps
what each was about (`thread.py`), and says a follow-up in full (`wording.py`). The assistant's words never set a
subject.
"""

from medqa.conversation.following import is_small_talk, standalone
from medqa.conversation.wording import Standalone

__all__ = ["Standalone", "is_small_talk", "standalone"]
