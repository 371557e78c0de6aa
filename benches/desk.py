"""Measures the desk and its peer, and writes a table, a chart and raw numbers."""

import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(*command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout)


def roundup():
    """CPU milliseconds of an issue in Roundup; nothing if it is left out."""
    place = os.environ["FIXLEAD_PEERS"]
    if place == "none":
        return None
    return run(sys.executable, "benches/peers/roundup.py", f"{place}/roundup", "300")


def median(turns, name, clients=None):
    return statistics.median(turn[name] for turn in turns if clients in (None, turn.get("clients")))


def shares(figures, clients):
    """Rates beside the limit of one table, each measured just before it."""
    turns = [turn for part in figures["intake"] for turn in part["turns"] if turn["clients"] == clients]
    return sorted(turn["a_second"] / turn["one_table_a_second"] for turn in turns)


def short(count):
    return f"{count // 1_000_000} M" if count % 1_000_000 == 0 else f"{count / 1000:g} k"


def rows_of(figures):
    """Name, value, unit, whether it should be small, target."""
    few, many = (part["turns"] for part in figures["intake"])
    few_name, many_name, most_name = (short(part["cases"]) for part in figures["filled"])
    pages = [part["turns"] for part in figures["pages"]]
    inbox = [median(turns, "inbox_cpu_ms") for turns in pages]
    middle = [median(turns, "middle_of_inbox_cpu_ms") for turns in pages]
    lost = sum(part["expected"] - part["listed"] for part in figures["counted"])
    refused = sum(turn["refused"] for turn in few + many)
    rows = [
        ("a report, 64 clients: CPU", median(few, "cpu_ms", 64), "ms", True, 0.25),
        (f"the same among {many_name} cases", median(many, "cpu_ms", 64), "ms", True, 0.25),
        ("a report, 1 client: CPU", median(few, "cpu_ms", 1), "ms", True, 0.25),
    ]
    if figures["roundup"]:
        least = min(peer["cpu_ms"] for peer in figures["roundup"])
        rows.append(("Roundup's CPU for it, 1 client", least / median(few, "cpu_ms", 1), "×", False, 40))
    rows += [
        ("reports a second beside one table, 1 client", statistics.median(shares(figures, 1)), "×", False, 0.5),
        ("the same, 64 clients", statistics.median(shares(figures, 64)), "×", False, 1.5),
        ("reports in a commit, 64 clients", median(few, "a_commit", 64), "", False, 8),
        ("reports refused or lost", refused + abs(lost), "", True, 0),
        (f"a page of the inbox among {few_name} cases: CPU", inbox[0], "ms", True, 2),
        (f"among {many_name}", inbox[1], "ms", True, 2),
        (f"among {most_name}", inbox[2], "ms", True, 2),
        (f"{most_name} beside {few_name}, first page", inbox[2] / inbox[0], "×", True, 1.5),
        (f"{most_name} beside {few_name}, in the middle", middle[2] / middle[0], "×", True, 1.5),
        ("a case with 50 messages: CPU", median(pages[1], "case_cpu_ms"), "ms", True, 2),
        (f"the slowest of the pages below, among {many_name}, 99 of 100", max(page["p99_ms"] for page in figures["web"]), "ms", True, 5),
        (f"start to the first report, {many_name} cases", statistics.median(figures["start_ms"]) / 1e3, "s", True, 1),
        (f"memory at {many_name} cases", figures["memory_mb"][1], "MB", True, 600),
        ("start of an empty desk", median(figures["empty"], "start_ms"), "ms", True, 100),
        ("its memory", median(figures["empty"], "memory_mb"), "MB", True, 40),
    ]
    for part in figures["sealing"]:
        clients = "1 client" if part["clients"] == 1 else f"{part['clients']} clients"
        rows.append((f"sealing and log: longer, {clients}", part["longer_percent"], "%", True, 30))
    return rows


def is_met(value, small, target):
    return value <= target if small else value >= target


def figure(value, unit):
    return f"{value:.3g} {unit}".strip() if value < 1000 else f"{value:,.0f} {unit}".strip()


def chart(rows):
    """Bars of each figure against its target, drawn without a library. Where
    more is better, the bar is shorter the more there is."""
    rows = [row for row in rows if row[4]]
    height, lines = 34 * len(rows) + 20, []
    for place, (name, value, unit, small, target) in enumerate(rows):
        y, part = 34 * place + 14, value / target if small else target / value
        width = max(0, min(part, 1.5)) * 200
        fill = "#2e7d32" if is_met(value, small, target) else "#c62828"
        lines += [
            f'<text x="0" y="{y + 13}">{name}</text>',
            f'<rect x="350" y="{y}" width="{width:.0f}" height="18" fill="{fill}"/>',
            f'<text x="{360 + width:.0f}" y="{y + 13}">{figure(value, unit)}</text>',
        ]
    lines.append(f'<line x1="550" y1="4" x2="550" y2="{height - 8}" stroke="#555" stroke-dasharray="3 3"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="780" height="{height}" font-family="sans-serif" '
        f'font-size="13" role="img"><title>Desk figures against their targets (dashed line)</title>'
        + "".join(lines)
        + "</svg>\n"
    )


def rates(figures):
    lines = ["| cases | clients | reports a second | in a commit | CPU ms | one table | the same rows |"]
    lines.append("|---|---|---|---|---|---|---|")
    for part in figures["intake"]:
        for clients in (1, 64):
            turns = [turn for turn in part["turns"] if turn["clients"] == clients]
            of = lambda name: median(turns, name)
            lines.append(
                f"| {short(part['cases'])} | {clients} | {of('a_second'):,.0f} | {of('a_commit'):.1f} "
                f"| {of('cpu_ms'):.3f} | {of('one_table_a_second'):,.0f} | {of('same_rows_a_second'):,.0f} |"
            )
    return lines


def sealing(parts, note=""):
    if not parts:
        return []
    lines = [
        "## Sealing",
        "",
        "The same appends by the store, without HTTP: one store seals and hashes, the other, which",
        "only a benchmark can build, writes the same rows of the same lengths without either." + note,
        "",
        "| clients | appends a second without, with | longer | CPU ms without, with | more CPU |",
        "|---|---|---|---|---|",
    ]
    for part in parts:
        lines.append(
            f"| {part['clients']} | {part['plain_a_second']:,.0f}, {part['sealed_a_second']:,.0f} | {part['longer_percent']:.0f} % "
            f"| {part['plain_cpu_ms']:.3f}, {part['sealed_cpu_ms']:.3f} | {part['more_cpu_percent']:.0f} % |"
        )
    return lines + [""]


def text_of(figures, rows):
    table = ["| measure | median | target | met |", "|---|---|---|---|"]
    for name, value, unit, small, target in rows:
        sign, met = "≤" if small else "≥", "yes" if is_met(value, small, target) else "no"
        table.append(f"| {name} | {figure(value, unit)} | {sign} {target} {unit} | {met} |".replace("  |", " |"))
    most = figures["filled"][-1]
    search = figures["search"]
    lines = [
        "# The desk",
        "",
        "`fixlead serve` of a release build on SQLite, asked over HTTP by clients that keep their",
        "connections. A report has 1.5 kB of text and is answered when it is sealed, logged and on",
        "the disk. CPU time is that of the desk's process, user and system, of everything it does",
        "meanwhile, reminders included; medians of five turns of two seconds. `./bench desk`",
        "measures again.",
        "",
        *table,
        "",
        "![the figures against their targets](desk.svg)",
        "",
        "## Reports",
        "",
        "In turns, on the same disk: what the desk takes in, what SQLite commits of a single table",
        f"shaped like the one of events, one row of {figures['intake'][0]['row_bytes']:,} bytes (as many as a report is, sealed) a commit,",
        "and what it commits of the very rows that a report becomes, in the desk's own tables, a",
        "report a commit. All of them wait for the disk (write-ahead log, `synchronous = FULL`).",
        "",
        *rates(figures),
        "",
        "Beside one table, turn by turn: " + "; ".join(
            f"{clients} client{'s' if clients > 1 else ''} {part[0]:.2g} to {part[-1]:.2g} ×"
            for clients, part in ((clients, shares(figures, clients)) for clients in (1, 64))
        ) + ".",
        "",
        f"Afterwards every report was in the list ({sum(part['listed'] for part in figures['counted']):,} cases), and `fixlead log verify`",
        f"found the log whole ({figures['verified']['events']:,} events in {figures['verified']['entries']:,} entries).",
        "",
    ]
    if figures["roundup"]:
        peers = " and ".join(f"{peer['cpu_ms']:.1f}" for peer in figures["roundup"])
        lines += [
            f"Roundup {figures['roundup'][0]['version']} with SQLite took {peers} ms of CPU an issue, before and after; of an issue it was",
            "given the title only. One client asks it, so it stands beside one client of the desk.",
            "",
        ]
    lines += [
        "## Pages",
        "",
        f"Asked by one browser, in five turns of 400 times each, among {short(figures['filled'][1]['cases'])} cases; the case has 50 messages. Medians of the turns.",
        "Measured apart from the rest, with one desk."
        if figures.get("pages_apart")
        else "The three desks run at the same time.",
        "",
        "| page | CPU ms | median ms | 99 of 100, ms |",
        "|---|---|---|---|",
        *(
            f"| `{page['page']}` | {page['cpu_ms']:.2f} | {page['median_ms']:.2f} | {page['p99_ms']:.2f} |"
            for page in figures["web"]
        ),
        "",
    ]
    lines += sealing(figures["sealing"], figures.get("sealing_note", ""))
    lines += [
        "## How the databases are filled",
        "",
        "Through the desk itself, in one process: 512 reports at a time share commits of up to 256.",
        f"{most['cases']:,} cases took {most['seconds']:,.0f} s and {most['bytes'] / 1e9:.1f} GB. They were opened in the course of a year.",
        "",
    ]
    if search is None:
        lines += ["The desk has no search over its API yet; when it has, this measures it.", ""]
    else:
        lines += [f"A question to the search took {search['cpu_ms']:.2g} ms of CPU.", ""]
    lines += [
        f"The machine has {figures['cores']} cores, which clients, desk and whatever else runs share; at the end of this run",
        f"{figures['load']:.0f} processes wanted one (load average). Busy neighbours make CPU times longer too, several times",
        "where there are many; ratios of one run hold better. Raw numbers: [desk.json](desk.json).",
        "",
    ]
    return "\n".join(lines)


def main():
    folder = pathlib.Path(sys.argv[1])
    before = roundup()
    figures = run("cargo", "bench", "--quiet", "--package", "fixlead", "--bench", "desk")
    after = roundup()
    figures["roundup"] = [peer for peer in (before, after) if peer]
    # Both packages are named so that dependencies are built once, the same for all.
    store = ["--package", "fixlead", "--package", "fixlead-store"]
    store += ["--features", "fixlead-store/test-hooks", "--bench", "store"]
    figures["sealing"] = run("cargo", "bench", "--quiet", *store)
    figures |= {"cores": os.cpu_count(), "load": os.getloadavg()[1]}
    print(write(figures, folder))


def write(figures, folder):
    """Writes the three files; the text."""
    rows = rows_of(figures)
    text = text_of(figures, rows)
    (folder / "desk.md").write_text(text, encoding="utf-8")
    (folder / "desk.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    (folder / "desk.svg").write_text(chart(rows), encoding="utf-8")
    return text


if __name__ == "__main__":
    main()
