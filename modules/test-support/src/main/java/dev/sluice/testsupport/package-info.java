/// What tests put between two real parts to see them fail: [dev.sluice.testsupport.Relay] where bytes are enough,
/// [dev.sluice.testsupport.FaultyProxy] where requests and answers matter; and backups that real servers wrote,
/// [dev.sluice.testsupport.RealBackups]. Test scope only, in every module.
@NullMarked
package dev.sluice.testsupport;

import org.jspecify.annotations.NullMarked;
