package dev.sluice.catalog;

import dev.sluice.catalog.DocumentReader.Minor;
import dev.sluice.catalog.DocumentReader.OtherVersion;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads a hold. There were none before version 2.
final class HoldReader implements DocumentReader.Reading<HoldDocument> {

    /// Characters of a ULID.
    private static final int ID = 26;

    /// The minor version that has the member `legalHold`. A hold without it is written as before, so that
    /// programs of minor version 0 read it as before; they ignore the member.
    static final int LEGAL_HOLD_MINOR = 1;

    private final StrictJson json;
    private final Minor minor;
    private boolean legalHold;
    private @Nullable List<String> locked;
    private List<String> heldBefore = List.of();
    private @Nullable String sluiceVersion;
    private @Nullable String backupId;
    private @Nullable String server;
    private @Nullable String database;
    private @Nullable Instant heldAt;
    private @Nullable Instant until;
    private @Nullable String reason;
    private @Nullable List<String> backups;

    HoldReader(StrictJson json) {
        this.json = json;
        this.minor = new Minor(json);
    }

    /// What a document of version 1 would be, or one that names no version.
    static DocumentReader.Reading<HoldDocument> ofNoVersion(StrictJson json, boolean versioned) {
        return new DocumentReader.Reading<>() {
            @Override
            public void member(String name) {
                json.skip();
            }

            @Override
            public HoldDocument document() {
                throw new OtherVersion(versioned ? "1" : "none");
            }
        };
    }

    @Override
    public void member(String name) {
        if (minor.reads(name)) {
            return;
        }
        switch (name) {
            case "sluiceVersion" -> sluiceVersion = json.text(1, SetFacts.LONGEST_NAME);
            case "backupId" -> backupId = json.text(ID, ID);
            case "server" -> server = json.text(1, DocumentParts.LONGEST_KEY);
            case "database" -> database = json.text(1, SetFacts.LONGEST_NAME);
            case "heldAt" -> heldAt = json.instant();
            case "until" -> until = json.isNull() ? null : json.instant();
            case "reason" -> reason = json.isNull() ? null : json.text(1, HoldDocument.LONGEST_REASON);
            case "backups" -> backups = ids();
            case "legalHold" -> legalHold = json.flag();
            case "lockedBackups" -> locked = ids();
            case "heldBefore" -> heldBefore = keys();
            default -> json.other();
        }
    }

    private List<String> ids() {
        List<String> ids = new ArrayList<>();
        json.array(HoldDocument.MOST_BACKUPS, _ -> {
            String id = json.text(ID, ID);
            if (!Ulid.isUlid(id)) {
                throw new StrictJson.Refusal("'%s' is not a backup id".formatted(PrintableText.text(id)));
            }
            ids.add(id);
        });
        return ids;
    }

    private List<String> keys() {
        List<String> keys = new ArrayList<>();
        json.array(HoldDocument.MOST_OBJECTS, _ -> keys.add(json.text(1, DocumentParts.LONGEST_KEY)));
        return keys;
    }

    @Override
    public HoldDocument document() {
        List<String> held = json.need(backups, "backups");
        HoldDocument.LegalHold legal =
                legalHold ? new HoldDocument.LegalHold(locked == null ? held : locked, heldBefore) : null;
        return new HoldDocument(
                json.need(sluiceVersion, "sluiceVersion"),
                json.need(backupId, "backupId"),
                json.need(server, "server"),
                json.need(database, "database"),
                json.need(heldAt, "heldAt"),
                until,
                reason,
                held,
                legal);
    }
}
