"""Writes the search's figures as a table, a chart and raw numbers."""

import json
import os
import sys

# What is asked, for people; the key is the figure's name in the JSON.
QUESTIONS = [
    ("rare_word", "a rare word"),
    ("middling_word", "a word of the middle"),
    ("frequent_word", "`attacker`"),
    ("most_frequent_word", "`the`, in every case"),
    ("three_words", "`heap overflow` and a word of the middle"),
    ("five_frequent_words", "`attacker server memory request version`"),
    ("exclusion", "`heap overflow -parser -reporter`"),
    ("field", "`people:ana component:parser`"),
    ("cve", "`cve:2026-12345`"),
    ("prefix", "`deser*`"),
    ("short_prefix", "`re*`"),
    ("phrase", '`"heap overflow"`'),
    ("frequent_phrase", '`"of the"`'),
    ("path", "`config/parser`"),
    ("worst_words", "the sixteen most frequent words together"),
    ("worst_phrase", "four phrases of the most frequent words"),
    ("worst_prefixes", "`re* co*`"),
]


def chart(rows):
    """Bars of each figure against its target, drawn without a library."""
    height, lines = 34 * len(rows) + 20, []
    for place, (name, value, unit, target) in enumerate(rows):
        y, share = 34 * place + 14, min(value / target, 1.5)
        fill = "#2e7d32" if value <= target else "#c62828"
        name = name.replace("`", "").replace("&", "&amp;").replace('"', "&quot;")
        lines += [
            f'<text x="0" y="{y + 13}">{name}</text>',
            f'<rect x="330" y="{y}" width="{share * 200:.0f}" height="18" fill="{fill}"/>',
            f'<text x="{340 + share * 200:.0f}" y="{y + 13}">{value:.3g} {unit}</text>',
        ]
    lines.append(f'<line x1="530" y1="4" x2="530" y2="{height - 8}" stroke="#555" stroke-dasharray="3 3"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{height}" font-family="sans-serif" '
        f'font-size="13" role="img"><title>Search figures against their targets (dashed line)</title>'
        + "".join(lines)
        + "</svg>\n"
    )


def main():
    figures, folder = json.loads(sys.argv[1]), sys.argv[2]
    figures["cores"] = os.cpu_count()
    asked = {key: figures[f"query_{key}_ms"] for key, _ in QUESTIONS}
    usual = [value for key, value in asked.items() if not key.startswith("worst_")]
    rows = [
        ("memory of the index", figures["memory_mb"], "MB", 300),
        ("the slowest usual question", max(usual), "ms", 50),
        ("the slowest question of all", max(asked.values()), "ms", 50),
        ("one more message of 400 bytes", figures["add_message_us"] / 1e3, "ms", 0.1),
        ("one more report of 1.5 kB", figures["add_report_us"] / 1e3, "ms", 0.1),
        ("the snapshot loaded", figures["snapshot_load_s"], "s", 10),
    ]
    table = ["| measure | median | target | met |", "|---|---|---|---|"]
    for name, value, unit, target in rows:
        table.append(f"| {name} | {value:.3g} {unit} | ≤ {target} {unit} | {'yes' if value <= target else 'no'} |")
    questions = ["| question | cases found | ms |", "|---|---|---|"]
    for key, name in QUESTIONS:
        questions.append(f"| {name} | {figures[f'query_{key}_found']:,.0f} | {asked[key]:.2g} |")
    text = "\n".join(
        [
            "# The search",
            "",
            f"Among {figures['cases']:,.0f} made-up cases of {figures['bytes_a_case'] / 1000:.1f} kB: a report of 1.5 kB,",
            f"three to seven messages, names, files; {figures['words_a_case']:.0f} words a case,",
            f"{figures['distinct_words']:,.0f} distinct ones, as unevenly frequent as Zipf's law has them,",
            "with paths, versions, identifiers, CVE numbers and commits sown in. CPU time of one",
            "thread, medians of nine runs; of what is added or removed, the mean of 2,000 and 200.",
            "`./bench search` measures again.",
            "",
            *table,
            "",
            "![the figures against their targets](search.svg)",
            "",
            f"Filling the index takes {figures['build_s'] * 1e6 / figures['cases']:.0f} µs a case, all its texts",
            f"together. Of a hundred added reports the slowest took {figures['add_report_99_us']:.0f} µs by the clock, of",
            f"a hundred messages {figures['add_message_99_us']:.0f} µs. A case is erased in {figures['remove_case_ms']:.2g} ms.",
            f"The snapshot has {figures['snapshot_mb']:.0f} MB and is written in {figures['snapshot_write_s']:.2g} s.",
            "",
            "Measured while the machine was busy with other work. What misses its target waits for",
            "memory: phrases of very frequent words are looked for in the texts of every case that has",
            "them, and each word of a new text is entered in a place of its own.",
            "",
            "## Questions",
            "",
            "Asked by somebody who sees eight tenths of the cases whole, of one tenth one room, and",
            f"nothing of the rest. Looking that up for every case is {figures['sight_ms']:.2g} ms of each figure.",
            "",
            *questions,
            "",
            "## What the time tells",
            "",
            "Answers do not depend on what is invisible; the time does a little. Somebody who sees no",
            f"case at all waits {figures['invisible_nowhere_ms']:.2g} ms for a word that is nowhere,",
            f"{figures['invisible_rare_ms']:.2g} ms for one that is in a few cases, and",
            f"{figures['invisible_everywhere_ms']:.2g} ms for `the`, which is in all of them.",
            "",
            "Raw numbers: [search.json](search.json).",
            "",
        ]
    )
    with open(f"{folder}/search.md", "w", encoding="utf-8") as file:
        file.write(text)
    with open(f"{folder}/search.json", "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=1)
        file.write("\n")
    with open(f"{folder}/search.svg", "w", encoding="utf-8") as file:
        file.write(chart(rows))
    print("\n".join(table + [""] + questions))


main()
