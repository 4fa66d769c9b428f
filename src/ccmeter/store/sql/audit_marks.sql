-- What stood between requests, in order of time. Behind its meter's last word a process has ended.
select session_id, agent_id, time_ms, kind, ifnull(label, '') as label
from marks
where kind not in ('fork', 'model_fallback')
union all
select session_id, 0, after_ms + 1, 'meter', ''
from cost_states
where after_ms > 0
order by time_ms, kind, label
