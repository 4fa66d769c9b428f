-- Calls of lines that are not believed any more, though another stands at their place now: where it
-- stands elsewhere, the trigger responses_family has removed them.
delete from responses
where id in (
    select call.id
    from json_each(?) as wanted
    join responses as call on call.parent_hash = wanted.value
    join responses as parent on parent.key_hash = call.parent_hash
    where (call.finished, call.rank_output) <> (parent.finished, parent.rank_output)
)
