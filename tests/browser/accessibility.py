"""What axe-core, which axe-playwright-python carries, finds on a page: WCAG 2.0 to 2.2, A and AA, and good practice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

GRAVE = ("serious", "critical")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def grave_findings(page: Page, where: str | None = None) -> list[str]:
    """The serious and critical findings, each with its place and how to mend it; of the element `where` alone if given.

    Finished animations and fonts are waited for: a colour halfway through a fade has a contrast of its own.
    """
    page.evaluate(
        "async () => { await document.fonts.ready;"
        # one that runs for ever, or with the scrolling, never finishes
        " const timed = document.getAnimations().filter("
        "   a => a.timeline === document.timeline && a.effect.getComputedTiming().endTime < 5000);"
        " await Promise.all(timed.map(a => a.finished.catch(() => null))) }"
    )
    options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": list(RULES)}}
    response = Axe().run(page, context=where, options=options).response
    assert response["passes"], "axe looked at nothing"
    return [
        f"{violation['id']} ({violation['impact']}) at {' '.join(node['target'])}: {node['failureSummary']}"
        for violation in response["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]
