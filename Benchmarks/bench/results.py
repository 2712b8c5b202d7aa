"""What was measured."""

from typing import Any

from .measuring import say


class Results:
    """The table that is printed, and the same as JSON."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(self, what: str, unit: str, own: float, baseline_name: str, baseline: float, *, more_is_better: bool, note: str = "") -> None:
        ratio = None
        if own > 0 and baseline > 0:
            ratio = own / baseline if more_is_better else baseline / own
        row = {"what": what, "unit": unit, "leftfold": own, "baseline": baseline_name, "baseline_value": baseline, "ratio": ratio, "note": note}
        self.rows.append(row)
        say(self.line(row))

    @staticmethod
    def line(row: dict[str, Any]) -> str:
        ratio = f"{row['ratio']:.2f}×" if row["ratio"] else "–"
        own, baseline = (f"{row[key]:,.2f}" if row[key] < 100 else f"{row[key]:,.0f}" for key in ("leftfold", "baseline_value"))
        other = f"{baseline} ({row['baseline']})" if row["baseline"] else "–"
        return f"| {row['what']} | {own} {row['unit']} | {other} | {ratio} | {row['note']} |"

    def show(self, about: dict[str, Any]) -> None:
        print(", ".join(f"{name} {value}" for name, value in about.items()))
        print()
        print("| what | Leftfold | baseline | ratio (above 1: Leftfold is better) | |")
        print("|---|---|---|---|---|")
        for row in self.rows:
            print(self.line(row))
