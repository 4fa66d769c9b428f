-- How many maxima of limits are stored.
select count(*) from limit_samples
