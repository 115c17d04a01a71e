import SealaneControl
import SealaneFleet
import SealanePacket

/// What the control API can be asked: the agent, as `ControlServer` sees it. Called from any task, several at a time.
package protocol ControlHandler: Sendable {
    func status() async throws(ControlError) -> StatusReport
    func metrics() async throws(ControlError) -> MetricsReport
    func peers() async throws(ControlError) -> PeerListReport
    func peer(named name: String) async throws(ControlError) -> PeerReport
    /// Judges a peer by what is known now.
    ///
    /// - Parameter source: if given, also whether packets of the peer may come from this overlay address.
    func check(peer name: String, source: IPAddress?) async throws(ControlError) -> CheckReport
    /// Adds a peer by hand; on the disk when it returns.
    func add(_ peer: PeerDefinition) async throws(ControlError) -> PeerReport
    /// Removes a peer that was added by hand; on the disk when it returns.
    func removePeer(named name: String) async throws(ControlError) -> RemovalReport
    /// Reads the configuration file again: applied as a whole or not at all.
    func reload() async throws(ControlError) -> ReloadReport
}
