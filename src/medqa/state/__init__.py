"""What people leave behind, and what every build must obey. Never made again from the corpus: back it up."""

from medqa.state.approved import ApprovedStore
from medqa.state.articles import ArticleState, HeldBack, HiddenArticle, HiddenBecause
from medqa.state.audit_trail import AuditTrail, TrailEntry
from medqa.state.cases import Case, CaseStore
from medqa.state.database import STATE_FILE, StateDatabase
from medqa.state.feedback import Feedback, FeedbackFilter, FeedbackReason, FeedbackStatus, FeedbackStore
from medqa.state.gaps import GapQuestion, GapStore, GapTopic, Rated
from medqa.state.people import Account, People, Person, Role, hash_password
from medqa.state.reviews import ReviewStore
from medqa.state.sessions import Sessions
from medqa.state.uploads import Upload, UploadStore

__all__ = [
    "STATE_FILE",
    "Account",
    "ApprovedStore",
    "ArticleState",
    "AuditTrail",
    "Case",
    "CaseStore",
    "Feedback",
    "FeedbackFilter",
    "FeedbackReason",
    "FeedbackStatus",
    "FeedbackStore",
    "GapQuestion",
    "GapStore",
    "GapTopic",
    "HeldBack",
    "HiddenArticle",
    "HiddenBecause",
    "People",
    "Person",
    "Rated",
    "ReviewStore",
    "Role",
    "Sessions",
    "StateDatabase",
    "TrailEntry",
    "Upload",
    "UploadStore",
    "hash_password",
]
