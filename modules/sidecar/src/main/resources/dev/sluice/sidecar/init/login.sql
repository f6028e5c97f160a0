{{begin}}
-- It was never run against a genuine SQL Server.
--
-- Sluice needs the server role sysadmin, and nothing else. BACKUP and RESTORE to VIRTUAL_DEVICE ask for it (error 3265);
-- db_backupoperator is not enough. Sluice uses of it:
--   BACKUP DATABASE, BACKUP LOG            to take backups
--   RESTORE DATABASE, RESTORE LOG          to restore them, and RESTORE HEADERONLY, FILELISTONLY, LABELONLY, VERIFYONLY to ask
--                                          SQL Server about a stored one
--   DBCC CHECKDB, DROP DATABASE, sys.objects
--                                          for a restore drill: to check the scratch database that it has restored, and
--                                          to drop it
--   CREATE DATABASE, ALTER DATABASE, CREATE TABLE, INSERT, DROP DATABASE
--                                          for `sluice prove --server`, on scratch databases of its own
--   sp_getapplock                          so that two backups of one database do not run at once
--   KILL                                   to end the statement of a Sluice that has crashed
--   sys.databases, sys.master_files,
--   sys.database_recovery_status           to see what there is to back up, and whether the chain of log backups holds
--   sys.dm_db_log_space_usage              to end a backup before it lets the log fill up
--   sys.dm_db_log_stats                    to see how many stripes a log backup is worth
--   sys.dm_db_file_space_usage             to see whether a differential is worth it (`diff-when`)
--   sys.dm_exec_requests, sys.dm_exec_sql_text,
--   sys.dm_exec_sessions                   to see what runs, and who uses a database that is to be replaced
--   sys.dm_os_host_info                    to say in the report of a self-test on which system the server runs
--   sys.dm_os_performance_counters         to tell you when a log is nearly full
--   sys.dm_os_volume_stats                 to see whether a restore has room
--   sys.certificates, sys.asymmetric_keys  to see whether a restore finds the key, and whether a key was never exported
--   sys.availability_groups, sys.dm_hadr_database_replica_states,
--   sys.fn_hadr_backup_is_preferred_replica
--                                          to leave a database to the replica that is to back it up
--   sys.server_principals, sys.sql_logins, sys.server_role_members, sys.server_permissions, sys.configurations,
--   sys.servers, sys.linked_logins, sys.symmetric_keys, CERTENCODED, CERTPRIVATEKEY, msdb.dbo.sysjobs,
--   msdb.dbo.sysjobsteps, msdb.dbo.sysjobschedules, msdb.dbo.sysschedules, msdb.dbo.sysjobservers,
--   msdb.dbo.syscategories, msdb.dbo.sysproxies
--                                          for `sluice export instance`: what the instance has beside its databases
--   CREATE LOGIN, CREATE SERVER ROLE, GRANT, sp_configure, CREATE CERTIFICATE, sp_addlinkedserver,
--   sp_add_job and others of msdb          for `sluice export replay`, on a new server
--   msdb.dbo.logmarkhistory                to find a marked transaction that a restore is to end at
--   msdb.dbo.backupset, msdb.dbo.backupmediafamily, msdb.dbo.backupmediaset,
--   msdb.dbo.backupfile, msdb.dbo.restorehistory
--                                          to see whether SQL Server has recorded a backup, and who took others
SET NOCOUNT ON;
{{guard}}
{{create}}
{{member}}
SELECT {{login-text}} AS login, IS_SRVROLEMEMBER(N'sysadmin', {{login-text}}) AS is_sysadmin;
