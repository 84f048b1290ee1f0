-- Deletes a session whoever owns it.
--
-- ARGV     client
dropSession(ARGV[1])
return 'OK'
