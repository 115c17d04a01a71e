import SealaneControl
import SealaneFleet
import SealanePacket

/// Every request gets the reason for the wait.
extension AddressWait: ControlHandler {
    func status() async throws(ControlError) -> StatusReport { throw answer }
    func metrics() async throws(ControlError) -> MetricsReport { throw answer }
    func peers() async throws(ControlError) -> PeerListReport { throw answer }
    func peer(named name: String) async throws(ControlError) -> PeerReport { throw answer }
    func check(peer name: String, source: IPAddress?) async throws(ControlError) -> CheckReport { throw answer }
    func add(_ peer: PeerDefinition) async throws(ControlError) -> PeerReport { throw answer }
    func removePeer(named name: String) async throws(ControlError) -> RemovalReport { throw answer }
    func reload() async throws(ControlError) -> ReloadReport { throw answer }
}
