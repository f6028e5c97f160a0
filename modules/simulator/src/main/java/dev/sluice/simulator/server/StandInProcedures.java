package dev.sluice.simulator.server;

import dev.sluice.simulator.database.Membership;
import dev.sluice.simulator.tsql.SqlFailure;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;

/// Procedures that no SQL Server has, for people who have only T-SQL to tell the stand-in what to do:
///
/// - `sluice_workload` changes a database, see [Workload];
/// - `sluice_log_capacity @database, @records` makes its log short, so that it can be full;
/// - `sluice_availability_group @database, @joined, @group, @primary, @preferred` has it join a group (1), or
/// leave
///   it (0), see [Membership];
/// - `sluice_fault @fault, @value, @statement` is [Faults#next(Faults.Target, Fault)], with the names of
///   [FaultSwitch];
/// - `sluice_restart @milliseconds` is [SimulatedServer#restart], which ends the session before it could report
/// success;
/// - `sluice_damage_page @database, @page` damages a page so that only DBCC CHECKDB finds it, see
///   [Database#damagePage];
/// - `sluice_volume @bytes` makes the volume so large, so that a restore can run out of space;
/// - `sluice_release` is [Faults#release];
/// - `sluice_compare @one, @other` is [SimulatedServer#compare]: it fails with the first difference of two
/// databases;
/// - `sluice_msdb @mode` is [Faults#history(Faults.History)].
final class StandInProcedures {

    private static final int REFUSED = 50_000;

    private final Session session;
    private final Instance instance;

    StandInProcedures(Session session, Instance instance) {
        this.session = session;
        this.instance = instance;
    }

    static boolean knows(String name) {
        return name.startsWith("sluice_");
    }

    /// @return the procedure's return status
    int call(String name, Procedures.Arguments arguments) {
        try {
            switch (name) {
                case "sluice_workload" -> Workload.run(session, instance, arguments);
                case "sluice_log_capacity" ->
                    instance.database(arguments.text("@database", 0, session.database()))
                            .logCapacity(arguments.number("@records", 1, 1));
                case "sluice_availability_group" ->
                    instance.database(arguments.text("@database", 0, session.database()))
                            .join(arguments.number("@joined", 1, 1) == 0 ? null : membership(arguments));
                case "sluice_fault" -> {
                    FaultSwitch fault = FaultSwitch.named(arguments.text("@fault", 0, ""));
                    instance.faults()
                            .next(
                                    Faults.Target.of(arguments.text("@statement", 2, "any")),
                                    fault.fault(
                                            arguments.number("@value", 1, 0),
                                            instance.options().behavior()));
                }
                case "sluice_restart" -> instance.restart(Duration.ofMillis(arguments.number("@milliseconds", 0, 0)));
                case "sluice_compare" -> compare(arguments.text("@one", 0, ""), arguments.text("@other", 1, ""));
                case "sluice_damage_page" -> {
                    instance.database(arguments.text("@database", 0, session.database()))
                            .damagePage(arguments.number("@page", 1, 0));
                    instance.save();
                }
                case "sluice_volume" ->
                    instance.volume()
                            .resize(arguments.number(
                                    "@bytes", 0, instance.volume().bytes()));
                case "sluice_release" -> instance.faults().release();
                case "sluice_msdb" -> instance.faults().history(mode(arguments.text("@mode", 0, "normal")));
                default -> throw Procedures.unknown(name);
            }
        } catch (IllegalArgumentException e) {
            throw SqlFailure.error(REFUSED, String.valueOf(e.getMessage()));
        }
        return 0;
    }

    private static Membership membership(Procedures.Arguments arguments) {
        return new Membership(
                arguments.text("@group", 2, "AG"),
                UUID.randomUUID(),
                arguments.number("@primary", 3, 1) != 0,
                arguments.number("@preferred", 4, 1) != 0);
    }

    private void compare(String one, String other) {
        String difference = SimulatedServer.difference(instance.database(one), instance.database(other));
        if (difference != null) {
            throw SqlFailure.error(REFUSED, difference);
        }
    }

    private static Faults.History mode(String name) {
        return Faults.History.valueOf(name.toUpperCase(Locale.ROOT));
    }
}
