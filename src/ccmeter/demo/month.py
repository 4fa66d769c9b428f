"""Last step of the demo: plan the month, play its sessions, write their files.

What is in it: about 8,500 responses and $1,300 at list price, 96 % of the tokens cache reads.
Four clients in turn. 2.1.326 runs on the last three weekdays before yesterday and breaks the cache
in two sessions a day: the read falls to one floor and every request writes the whole prompt again.
Besides, once or twice each: a compaction, a forked session, a model switch, an aborted response,
a gateway model without a price. Every session ends with the client's own meter, which is a few
per cent above the lines because titles and recaps leave none. Nothing is drawn from real data.
"""

import datetime
import os
import re
from random import Random

import orjson

from ccmeter.demo.conversation import Conversation
from ccmeter.demo.lines import Scene, Transcript
from ccmeter.demo.plan import plan_month
from ccmeter.demo.stories import play


def write_demo(claude_dir: str, today: datetime.date, seed: int = 2026) -> None:
    """Write 30 days of one developer's transcripts, ending today, under `claude_dir`/projects.

    The same day and seed give the same bytes. Prices exist for every model but the gateway's
    when `today` is 2026-11-06 or later. OSError when a file cannot be written.
    """
    rng = Random(f"{today.isoformat()} {seed}")
    projects = os.path.join(claude_dir, "projects")
    for sitting in plan_month(today, rng):
        for talk in play(sitting, rng):
            _write_session(projects, talk)


def _write_session(projects: str, talk: Conversation) -> None:
    scene = talk.main.scene
    folder = os.path.join(projects, re.sub("[^A-Za-z0-9]", "-", scene.cwd))
    os.makedirs(folder, exist_ok=True)
    _write(os.path.join(folder, f"{scene.session}.jsonl"), talk.main)
    if talk.agents:
        subagents = os.path.join(folder, scene.session, "subagents")
        os.makedirs(subagents)
        for agent in talk.agents:
            _write_agent(subagents, agent)


def _write_agent(folder: str, transcript: Transcript) -> None:
    path = os.path.join(folder, f"agent-{transcript.scene.agent}")
    _write(f"{path}.jsonl", transcript)
    with open(f"{path}.meta.json", "wb") as file:
        file.write(orjson.dumps(_meta(transcript.scene)))


def _meta(scene: Scene) -> dict[str, object]:
    return {"agentType": scene.agent_type, "description": "Demo", "spawnDepth": 1}


def _write(path: str, transcript: Transcript) -> None:
    with open(path, "wb") as file:
        file.write(b"\n".join([*transcript.lines, b""]))
