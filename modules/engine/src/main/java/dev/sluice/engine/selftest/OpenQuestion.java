package dev.sluice.engine.selftest;

/// The questions that Microsoft's documents leave open: those numbered as in `docs/vdi-conformance.md`, and
/// those that `docs/decisions.md` and `docs/install.md` name.
public enum OpenQuestion {
    Q1("Linux: what is the unit of time-outs?"),
    Q2("What does OpenDevice answer when a device, or every device, is open?"),
    Q3("Does the completion agent end at the last CloseDevice or at Close?"),
    Q4("Does the server's Close wait for the agent?"),
    Q5("In which order may the commands of one device be completed?"),
    Q6("May another thread complete a command than the one that fetched it?"),
    Q7("Does the end of data (ERROR_HANDLE_EOF) put a device into its error state?"),
    Q8("Is ClearError sent after a failed write, or is the device closed at once?"),
    Q9("Which devices get VDC_Complete, in which order, and does a restore send it?"),
    Q10("Is VDC_Complete sent when the statement is about to fail?"),
    Q11("What does a failed VDC_Complete look like in T-SQL?"),
    Q12("When does the client know the names of the devices?"),
    Q13("What happens when the statement names another number of devices than the set has?"),
    Q14("How fast is the death of a client seen?"),
    Q15("Can the server close a device whose commands the client holds?"),
    Q16("What does GetCommand answer on a device that returned VD_E_CLOSE?"),
    Q17("What comes of more bytes than a Write has, and of fewer with success?"),
    Q18("What comes of a Read that succeeds with fewer bytes?"),
    Q19("How many commands of one device are outstanding at once?"),
    Q20("What is the default of BUFFERCOUNT?"),
    Q21("Is VDF_RequestComplete among the features that come back?"),
    Q22("Is VDC_GetError sent? Is VDF_LatchStats accepted?"),
    Q23("Can a client object create another set?"),
    Q24("Which names can a set have?"),
    Q25("Does serverTimeOut end a set whose commands the client holds?"),
    Q26("Which numbers have VD_E_QUEUE_FULL and VD_E_IO_ERROR?"),
    Q27("Is Flush sent on a restore?"),
    Q28("What do BeginConfiguration and RequestBuffers answer after an abort?"),
    Q29("Does the library export the symbols of its header?"),
    NOTED_COMPLETION("2.5 rule 8", "Does a completion that was answered with 0 stand when an abort follows?"),
    BUFFER_LOAN("5.5", "Is a buffer readable behind CompleteCommand?"),
    SMALL_TRANSFERS("BackupPump", "Of which sizes are the first transfers of a backup?"),
    CHECKDB_MESSAGES("decisions.md: severity of CHECKDB", "Which messages has DBCC CHECKDB for a sound database?"),
    FORK_POINT("decisions.md: LSN that a drill compares", "Where lies fork_point_lsn after a restore?"),
    STOP_AT_LSN("decisions.md: --continue", "What does restorehistory say of a restore that stopped before an LSN?"),
    BROKER_GUID("decisions.md: owner of a directory", "Does each instance draw a Service Broker GUID for msdb?"),
    AFTER_THE_PROMISE(
            "decisions.md: error behind the point of no return",
            "Can BACKUP fail when every device has been completed?"),
    FULL_DISK("decisions.md: full disk", "Which message has a restore for which there is no room?"),
    PACKAGE_USER("decisions.md: user mssql", "Does SQL Server's package accept a user mssql who is there already?"),
    LOGIN_SCRIPT("install.md: login.sql", "Does login.sql run?"),
    FILES_OF_DISK("operations.md: TO DISK", "Can a file of BACKUP TO DISK be restored through virtual devices?");

    private final String source;
    private final String text;

    /// One of the numbered ones.
    OpenQuestion(String text) {
        this.source = name();
        this.text = text;
    }

    OpenQuestion(String source, String text) {
        this.source = source;
        this.text = text;
    }

    /// Its number, or the place that leaves it open.
    public String source() {
        return source;
    }

    public String text() {
        return text;
    }
}
