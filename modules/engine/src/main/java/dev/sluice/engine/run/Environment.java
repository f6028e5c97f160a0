package dev.sluice.engine.run;

import dev.sluice.catalog.Catalog;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.S3Store;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import java.util.function.Supplier;

/// Everything that the use cases work with. They own none of it.
///
/// @param identity     the server's name in the bucket: configured, never `@@SERVERNAME` alone
/// @param server       SQL Server
/// @param deviceSets   gives fresh client objects of the machine's Virtual Device Interface
/// @param store        the bucket
/// @param catalog      this server's documents in it
/// @param budget       memory of all runs together
/// @param transfer     buffers between SQL Server and Sluice
/// @param storage      what the objects of backups are to be like
/// @param version      Sluice's own
public record Environment(
        String identity,
        SqlServer server,
        Supplier<? extends ClientVirtualDeviceSet> deviceSets,
        S3Store store,
        Catalog catalog,
        MemoryBudget budget,
        TransferOptions transfer,
        Storage storage,
        String version) {

    /// The same bucket, and another server of this machine.
    public Environment on(SqlServer other) {
        return new Environment(identity, other, deviceSets, store, catalog, budget, transfer, storage, version);
    }

    /// With objects as the bucket has it.
    public Environment(
            String identity,
            SqlServer server,
            Supplier<? extends ClientVirtualDeviceSet> deviceSets,
            S3Store store,
            Catalog catalog,
            MemoryBudget budget,
            TransferOptions transfer,
            String version) {
        this(identity, server, deviceSets, store, catalog, budget, transfer, Storage.DEFAULT, version);
    }
}
