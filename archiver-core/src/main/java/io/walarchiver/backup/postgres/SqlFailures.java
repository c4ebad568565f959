package io.walarchiver.backup.postgres;

import io.walarchiver.backup.base.BackupException;
import java.sql.SQLException;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** The one map from SQL states (PostgreSQL manual, appendix A) to failures of a backup. */
final class SqlFailures {

    private static final String INSUFFICIENT_PRIVILEGE = "42501";
    private static final String WRONG_STATE = "55000";
    private static final String CONNECTION_EXCEPTIONS = "08";
    private static final String OPERATOR_INTERVENTION = "57P";

    private SqlFailures() {}

    static BackupException describe(String what, SQLException failure, boolean closed) {
        String message = what + " failed: " + message(failure);
        String state = state(failure);
        if (closed) {
            return new BackupException.SessionLost(what + " was given up", failure);
        }
        if (state.equals(INSUFFICIENT_PRIVILEGE)) {
            return new BackupException.MissingRights(message, failure);
        }
        if (state.startsWith(CONNECTION_EXCEPTIONS) || state.startsWith(OPERATOR_INTERVENTION)) {
            return new BackupException.SessionLost(
                    message + "; the session ended before the backup did, look into the server's log", failure);
        }
        return new BackupException.ServerRefused(message, failure);
    }

    /** True for {@code object_not_in_prerequisite_state}. */
    static boolean isWrongState(SQLException failure) {
        return state(failure).equals(WRONG_STATE);
    }

    /** What the server said, its hint included, without the driver's translations of field names. */
    static String message(SQLException failure) {
        if (failure instanceof PSQLException known) {
            ServerErrorMessage said = known.getServerErrorMessage();
            if (said != null && said.getMessage() != null) {
                return said.getMessage() + (said.getHint() == null ? "" : " (" + said.getHint() + ")");
            }
        }
        Throwable cause = failure.getCause();
        return failure.getMessage() + (cause == null ? "" : " (" + cause.getMessage() + ")");
    }

    private static String state(SQLException failure) {
        String state = failure.getSQLState();
        return state == null ? "" : state;
    }
}
