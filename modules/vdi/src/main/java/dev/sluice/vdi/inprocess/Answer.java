package dev.sluice.vdi.inprocess;

/// An answer to a question that Microsoft's documents leave open or answer in two ways.
///
/// There is one enum for each question. Its first constant is the answer that we think likeliest or safest, and
/// [VdiBehavior#DEFAULT] gives that one. The other constants let a test try a client or a server engine against the
/// other answers.
///
/// **Source:** the questions are numbered as in `docs/vdi-conformance.md`.
public sealed interface Answer {

    /// The question's number, for example `Q3`.
    String question();

    /// What does the client's OpenDevice answer when every device is open already?
    enum AllDevicesOpen implements Answer {
        /// VD_E_OPEN for a name that the set has, VD_E_INVALID for any other.
        OPEN,
        /// VD_E_OPEN for any name.
        OPEN_FOR_ANY_NAME,
        /// VD_E_PROTOCOL, as the state table has it.
        PROTOCOL,
        /// The device that is open under this name, once more.
        SAME_DEVICE;

        @Override
        public String question() {
            return "Q2";
        }
    }

    /// When does the completion agent return to its caller?
    enum AgentReturns implements Answer {
        AT_CLOSE_OR_ABORT,
        /// Also when the last device was closed and no command is outstanding.
        AT_LAST_CLOSE_DEVICE;

        @Override
        public String question() {
            return "Q3";
        }
    }

    /// Does the server's Close wait for the agent?
    enum ServerClose implements Answer {
        RETURNS_AT_ONCE,
        /// Unless a completion routine calls it.
        WAITS_FOR_AGENT;

        @Override
        public String question() {
            return "Q4";
        }
    }

    /// In which order may a client complete the commands of one device?
    enum CompletionOrder implements Answer {
        ANY,
        /// VD_E_PROTOCOL refuses a completion that overtakes an earlier command.
        AS_FETCHED;

        @Override
        public String question() {
            return "Q5";
        }
    }

    /// On which thread may a client complete a command?
    enum CompletionThread implements Answer {
        ANY,
        /// On the thread that fetched it; VD_E_PROTOCOL refuses the others.
        THE_FETCHING_ONE;

        @Override
        public String question() {
            return "Q6";
        }
    }

    /// Which completion codes put a device into its error state?
    enum ErrorState implements Answer {
        /// All but ERROR_SUCCESS and the ends of data and media: ERROR_HANDLE_EOF, ERROR_NO_DATA_DETECTED,
        /// ERROR_FILEMARK_DETECTED, ERROR_END_OF_MEDIA.
        NOT_BY_ENDS_OF_DATA,
        /// All but ERROR_SUCCESS.
        BY_EVERY_ERROR;

        @Override
        public String question() {
            return "Q7";
        }
    }

    /// When can a client open a device by its name?
    enum DeviceNames implements Answer {
        /// As soon as the set is configured, if the server announced the names.
        KNOWN_WHEN_ANNOUNCED,
        /// When the server has opened the device itself.
        KNOWN_WHEN_SERVER_OPENS;

        @Override
        public String question() {
            return "Q12";
        }
    }

    /// May the server close a device that has commands outstanding?
    enum CloseDeviceWithCommands implements Answer {
        /// The client gets the queued ones first and VD_E_CLOSE then.
        ALLOWED,
        /// No: an [IllegalStateException], so that a server engine's test fails.
        FAILS;

        @Override
        public String question() {
            return "Q15";
        }
    }

    /// What do GetCommand and CompleteCommand answer on a device that returned VD_E_CLOSE?
    enum ClosedDevice implements Answer {
        PROTOCOL,
        /// GetCommand answers VD_E_CLOSE again; CompleteCommand accepts outstanding commands.
        STAYS_POLITE;

        @Override
        public String question() {
            return "Q16";
        }
    }

    /// What does CompleteCommand answer to more bytes than the command has?
    enum TooManyBytes implements Answer {
        INVALID,
        /// The server sees the number.
        PASSED_ON;

        @Override
        public String question() {
            return "Q17";
        }
    }

    /// What becomes of a Read or Write that succeeds with fewer bytes than the command has?
    enum ShortTransfer implements Answer {
        /// The server sees the number, and decides.
        PASSED_ON,
        /// VD_E_INVALID, so that a client's test fails.
        INVALID;

        @Override
        public String question() {
            return "Q18";
        }
    }

    /// May a client ask for VDF_LatchStats, which no document describes?
    enum LatchStats implements Answer {
        ACCEPTED,
        /// VD_E_NOTSUPPORTED at Create.
        NOTSUPPORTED;

        @Override
        public String question() {
            return "Q22";
        }
    }

    /// When may one client object create its next set?
    enum ClientReuse implements Answer {
        AFTER_EVERY_CLOSE,
        /// Not after a Close that answered VD_E_OPEN, or of an aborted set.
        AFTER_CLEAN_CLOSE,
        NEVER;

        @Override
        public String question() {
            return "Q23";
        }
    }

    /// Which names may sets and devices have?
    enum Names implements Answer {
        /// 1 to 255 characters, no backslash.
        UP_TO_255,
        /// 1 to 64 letters, digits and hyphens of ASCII.
        PORTABLE;

        @Override
        public String question() {
            return "Q24";
        }
    }

    /// Does a command that the client holds count for the server's timeout?
    enum HeldCommand implements Answer {
        COUNTS_FOR_SERVER_TIMEOUT,
        /// Only commands that wait to be fetched do.
        DOES_NOT_COUNT;

        @Override
        public String question() {
            return "Q25";
        }
    }

    /// What do BeginConfiguration and RequestBuffers answer after an abort?
    enum ConfigurationAfterAbort implements Answer {
        /// As their own pages say.
        ABORT,
        /// As the state table says.
        PROTOCOL;

        @Override
        public String question() {
            return "Q28";
        }
    }

    /// An abort comes after CompleteCommand has succeeded and before the completion routine has run. Which outcome
    /// does the server see? (Rule 8 of the core contract: either can happen, and a client must cope with both.)
    enum NotedCompletion implements Answer {
        STANDS,
        /// The server sees ERROR_OPERATION_ABORTED all the same.
        YIELDS_TO_ABORT;

        @Override
        public String question() {
            return "2.5 rule 8";
        }
    }

    /// Which memory does the client get as a command's buffer? Both sides in one process see the same memory, so
    /// by default a client that breaks the rules of ownership (5.5) goes unnoticed, as with the native library.
    enum BufferLoan implements Answer {
        /// The shared memory, readable until the client's Close.
        SHARED_MEMORY,
        /// The shared memory, through a segment that throws from the command's completion on.
        ENDS_WITH_COMMAND,
        /// A copy that throws from the command's completion on and is copied back then; meanwhile the server's
        /// buffer is filled with [VdiBehavior#POISON].
        ISOLATED_COPY;

        @Override
        public String question() {
            return "5.5";
        }
    }
}
