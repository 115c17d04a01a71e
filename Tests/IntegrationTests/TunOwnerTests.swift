import Foundation
import NetworkLab
import SealaneConsole
import SealaneControl
import SealaneLinux
import Testing

extension Integration {
    @Suite struct TunOwnerTests {
        @Test(arguments: [1, 2])
        func `no other user can attach to the device, whether the agent runs or not`(lanes: Int) async throws {
            let (a, _) = try await eligiblePair(more: "lanes: \(lanes)")
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
            #expect(try await TunIntruder.attempt(on: a, lanes: lanes) == "EPERM", "running")
            try await a.killAgent()
            #expect(try await TunIntruder.attempt(on: a, lanes: lanes) == "EPERM", "killed")
            try await a.startAgent()
            #expect(try await TunIntruder.attempt(on: a, lanes: lanes) == "EPERM", "started again")
            try await a.mustCarry(to: "10.78.0.2")
            let device = try await state(a)
            #expect(device.owner == 0 && device.group == 0)
            #expect(device.queueCount == lanes)
        }

        @Test func `the agent sets the owner before another process can attach`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            var settings = a.defaults
            settings.more = "lanes: 4"
            try a.configure(settings)
            let intruder = try await TunIntruder.start(on: a, lanes: 4, .insist)
            try await eventually("the intruder tries: \(intruder.output)") { intruder.output.contains("trying") }
            for _ in 0..<5 {
                try await a.startAgent()
                #expect(try await state(a).queueCount == 4)
                try await a.killAgent()
                _ = try await a.run("ip", "link", "delete", "sealane0").success
            }
            #expect(intruder.isRunning && !intruder.output.contains("attached"), "\(intruder.output)")
        }

        @Test(arguments: [(1, TunIntruder.Manner.once), (2, .once), (2, .disable)])
        func `the agent takes over an ownerless device unless another process is attached`(
            lanes: Int, manner: TunIntruder.Manner
        ) async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            var settings = a.defaults
            settings.more = "lanes: \(lanes)"
            try a.configure(settings)
            try await makeDevice(on: a, lanes: lanes)
            let doctor = try await a.doctorCheck("tunnel-device")
            #expect(doctor.outcome == .problem, "\(doctor)")
            #expect(doctor.observed.contains("no owner"), "\(doctor)")

            let intruder = try await TunIntruder.start(on: a, lanes: lanes, manner)
            try await eventually("the intruder is attached: \(intruder.output)") {
                intruder.output.contains("attached")
            }
            let refused = try await a.runAgent()
            #expect(refused.status == 1, "\(refused)")
            #expect(refused.output.contains("attached: pid \(intruder.pid) (python3, uid 65534)"), "\(refused)")
            #expect(
                try await a.doctorCheck("tunnel-device").observed.contains("pid \(intruder.pid) (python3, uid 65534)"))

            intruder.send(SIGKILL)
            _ = await intruder.status()
            try await a.startAgent()
            #expect(try a.log.contains("had another owner"))
            #expect(try await state(a).owner == 0)
            #expect(try await TunIntruder.attempt(on: a, lanes: lanes) == "EPERM")
            let sound = try await a.doctorCheck("tunnel-device")
            #expect(sound.outcome == .ok, "\(sound)")
            #expect(
                sound.observed
                    == "sealane0 has owner uid 0, group gid 0 and \(lanes == 1 ? "1 queue" : "\(lanes) queues")")
        }

        @Test func `the agent's user becomes the owner of the device`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            try a.configure(a.defaults)
            try await makeDevice(on: a, lanes: 1, "user", "65534")
            try await a.startAgent()
            let device = try await state(a)
            #expect(device.owner == 0)
            #expect(try await TunIntruder.attempt(on: a, lanes: 1) == "EPERM")
        }

        @Test func `the agent makes its own device again for another number of lanes`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            for lanes in [1, 2, 1] {
                var settings = a.defaults
                settings.more = "lanes: \(lanes)"
                try a.configure(settings)
                try await a.startAgent()
                #expect(try await state(a).queueCount == lanes)
                try await a.killAgent()
            }
        }

        /// Makes a device without an owner, as older agents did.
        private func makeDevice(on host: Host, lanes: Int, _ more: String...) async throws {
            let kind = lanes > 1 ? ["multi_queue"] : []
            _ = try await host.run(["ip", "tuntap", "add", "dev", "sealane0", "mode", "tun"] + kind + more).success
        }

        private func state(_ host: Host) async throws -> TunDevice.State {
            try #require(try await host.network.within(host.index) { try TunDevice.state(of: "sealane0") })
        }
    }
}
