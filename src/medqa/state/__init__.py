"""What people leave behind and every build must obey. Never made again from the corpus: back it up."""

from medqa.state.articles import STATE_FILE, ArticleState, HiddenArticle, HiddenBecause

__all__ = ["STATE_FILE", "ArticleState", "HiddenArticle", "HiddenBecause"]
