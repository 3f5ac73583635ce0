"""medqa: answers about pain and its treatment, quoted from reviewed articles, triaged first.

Importing this package loads neither torch nor gradio nor chromadb.
"""

__version__ = "0.1.0"
