-- What stood between requests, in order of time: of all sessions, or of those that are asked for.
-- Behind its meter's last word a process has ended.
select session_id, agent_id, time_ms, kind, ifnull(label, '') as label
from marks
where kind not in ('fork', 'model_fallback')
    and (:sessions is null or session_id in (select value from json_each(:sessions)))
union all
select session_id, 0, after_ms + 1, 'meter', ''
from cost_states
where after_ms > 0
    and (:sessions is null or session_id in (select value from json_each(:sessions)))
order by time_ms, kind, label
