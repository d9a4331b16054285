# C types for records.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint
from tracker.report.community_id cimport community_id
from tracker.report.rows cimport ConnectionRow
from tracker.report.sides cimport basis
from tracker.report.text cimport timestamp
from tracker.report.zeek cimport conn_state, history

cdef Py_ssize_t _NOTES, _LOCAL_NAME_FROM, _FOREIGN_NAME_FROM
cdef tuple _STATES, _FOREIGN_STATES, _CERTAINTIES, _FOREIGN_CERTAINTIES, _EVIDENCE
cdef tuple _FOREIGN_EVIDENCE, _PSEUDO_STATES, _END_REASONS

@cython.locals(
    connection=Connection, local=Endpoint, foreign=Endpoint, evidence=int, foreign_evidence=int,
)
cdef list _connection_values(ConnectionRow row)
@cython.locals(
    connection=Connection, local=Endpoint, foreign=Endpoint, side=int, opener=int, evidence=int,
    foreign_evidence=int, service=str, names=str,
)
cdef str _json(ConnectionRow row)
cdef str _frame(unsigned long long number, int known)
cdef str _json_name(str end, name)
