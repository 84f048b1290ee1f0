-- Wills that nobody has fired yet.
--
-- ARGV     how many at most
-- result   {epoch, client length u16, client and will (of will.ts), …}
return redis.call('HRANDFIELD', P .. 'ow', ARGV[1], 'WITHVALUES')
