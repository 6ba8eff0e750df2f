// The library's requests by the names that are used here. It takes the newest version that the broker knows; the
// types are the same for all of them.
import type { fetchV17, heartbeatV4, leaveGroupV5 } from '@platformatic/kafka';

export type FetchRequest = fetchV17.FetchRequest;
export type FetchResponse = fetchV17.FetchResponse;
export type HeartbeatRequest = heartbeatV4.HeartbeatRequest;
export type HeartbeatResponse = heartbeatV4.HeartbeatResponse;
export type LeaveGroupRequest = leaveGroupV5.LeaveGroupRequest;
export type LeaveGroupResponse = leaveGroupV5.LeaveGroupResponse;
