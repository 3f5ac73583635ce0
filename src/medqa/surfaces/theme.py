"""The look of the chat: a calm theme for light and dark, in the fonts that the reader's system has."""

from __future__ import annotations

import gradio as gr

FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    """Colours come from the custom properties of `static/tokens.css`, one place for chat and articles."""
    look = gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_lg,
        font=FONTS,
        font_mono=MONO,
    )
    both = {
        "body_background_fill": "var(--mq-page)",
        "body_text_color": "var(--mq-ink)",
        "body_text_color_subdued": "var(--mq-soft)",
        "background_fill_primary": "var(--mq-surface)",
        "background_fill_secondary": "var(--mq-page)",
        "block_background_fill": "transparent",
        "border_color_primary": "var(--mq-line)",
        "border_color_accent": "var(--mq-accent)",
        "color_accent_soft": "var(--mq-accent-soft)",
        "link_text_color": "var(--mq-accent)",
        "link_text_color_hover": "var(--mq-accent-strong)",
        "link_text_color_visited": "var(--mq-accent)",
        "link_text_color_active": "var(--mq-accent-strong)",
        "input_background_fill": "var(--mq-surface)",
        "input_border_color": "var(--mq-line-strong)",
        "input_border_color_focus": "var(--mq-accent)",
        "input_placeholder_color": "var(--mq-soft)",
        "button_primary_background_fill": "var(--mq-accent)",
        "button_primary_background_fill_hover": "var(--mq-accent-strong)",
        "button_primary_text_color": "var(--mq-on-accent)",
        "button_secondary_background_fill": "var(--mq-surface)",
        "button_secondary_background_fill_hover": "var(--mq-accent-soft)",
        "button_secondary_text_color": "var(--mq-ink)",
        "button_secondary_border_color": "var(--mq-line-strong)",
    }
    return look.set(**both, **{f"{name}_dark": value for name, value in both.items()})


def head() -> str:
    """Our stylesheets and the script that finishes the page for screen readers and telephones.

    Linked rather than given as `css`: Gradio rewrites the selectors of that one.
    """
    return (
        '<link rel="stylesheet" href="/medqa/tokens.css"><link rel="stylesheet" href="/medqa/chat.css">'
        '<script src="/medqa/chat.js" defer></script>'
    )
