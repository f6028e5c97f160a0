package dev.sluice.mtf.inspect;

import dev.sluice.mtf.BackupHeader;
import java.util.List;

/// Whether the stripes given to a restore are one whole backup.
public sealed interface SetVerdict {

    /// They are.
    ///
    /// @param header   of the backup
    /// @param families which stripe each device holds, in the order of the devices
    /// @param opaque   whether stripes are compressed containers, whose inside was not looked at
    record Sound(BackupHeader header, List<Integer> families, boolean opaque) implements SetVerdict {
        public Sound {
            families = List.copyOf(families);
        }
    }

    /// They are not. There is at least one problem.
    record Unsound(List<Problem> problems) implements SetVerdict {
        public Unsound {
            problems = List.copyOf(problems);
        }

        /// What SQL Server would say first.
        public Problem first() {
            return problems.getFirst();
        }
    }

    /// @param number of SQL Server's error
    /// @param device counted from 1, in the order given; 0 where it is about all of them
    record Problem(int number, int device, String text) {}
}
