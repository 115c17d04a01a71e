import SealaneControl
import SealaneFleet
import SealanePacket

/// The agent as the control API sees it. Called from any task, and concurrently.
package protocol ControlHandler: Sendable {
    func status() async throws(ControlError) -> StatusReport
    func metrics() async throws(ControlError) -> MetricsReport
    func peers() async throws(ControlError) -> PeerListReport
    func peer(named name: String) async throws(ControlError) -> PeerReport
    /// Judges a peer by what is known now.
    ///
    /// - Parameter source: also checks whether packets of the peer may come from this overlay address; nil: does not.
    func check(peer name: String, source: IPAddress?) async throws(ControlError) -> CheckReport
    /// Adds a peer; the peer file holds it when this returns.
    func add(_ peer: PeerDefinition) async throws(ControlError) -> PeerReport
    /// Removes a peer that `add` added; the peer file has it no longer when this returns.
    func removePeer(named name: String) async throws(ControlError) -> RemovalReport
    /// Reads the configuration file again, and applies all of it or nothing.
    func reload() async throws(ControlError) -> ReloadReport
}
