"""What people leave behind, and what every build must obey. Never made again from the corpus: back it up."""

from medqa.state.articles import ArticleState, HiddenArticle, HiddenBecause
from medqa.state.audit_trail import AuditTrail, TrailEntry
from medqa.state.database import STATE_FILE, StateDatabase
from medqa.state.feedback import Feedback, FeedbackFilter, FeedbackReason, FeedbackStatus, FeedbackStore

__all__ = [
    "STATE_FILE",
    "ArticleState",
    "AuditTrail",
    "Feedback",
    "FeedbackFilter",
    "FeedbackReason",
    "FeedbackStatus",
    "FeedbackStore",
    "HiddenArticle",
    "HiddenBecause",
    "StateDatabase",
    "TrailEntry",
]
