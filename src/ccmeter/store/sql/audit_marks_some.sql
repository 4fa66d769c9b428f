-- What stood between the requests of some sessions, see audit_marks.sql.
select session_id, agent_id, time_ms, kind, ifnull(label, '') as label
from json_each(:sessions) as wanted
cross join marks on marks.session_id = wanted.value
where kind not in ('fork', 'model_fallback')
union all
select session_id, 0, after_ms + 1, 'meter', ''
from json_each(:sessions) as wanted
cross join cost_states on cost_states.session_id = wanted.value
where after_ms > 0
order by time_ms, kind, label
