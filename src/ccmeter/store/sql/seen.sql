-- Who was answered under which terms, and when first and last: a look at every response.
select owner_id, terms_id, min(time_ms), max(time_ms)
from responses
group by owner_id, terms_id
