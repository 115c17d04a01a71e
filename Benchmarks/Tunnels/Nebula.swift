import NetworkLab

extension Tunnel {
    /// AES-256-GCM, one packet in each datagram, and the batch and buffer sizes that help one stream most.
    static func nebula(in lab: Lab) async throws -> Tunnel {
        let directory = lab.path("")
        let certificates = """
            cd \(directory); umask 077; rm -f nebula-*
            nebula-cert ca -name lab -duration 24h -out-crt nebula-ca.crt -out-key nebula-ca.key
            for n in 1 2; do
                nebula-cert sign -ca-crt nebula-ca.crt -ca-key nebula-ca.key -name host$n -ip 10.80.0.$n/24 \
                    -out-crt nebula-$n.crt -out-key nebula-$n.key
            done
            """
        try await lab.run(0, ["sh", "-ec", certificates])
        var agents: [Program] = []
        var setup = [lab.withoutScratchPath(certificates)]
        for host in 0..<2 {
            let other = 2 - host
            let configuration = """
                pki: {ca: \(lab.path("nebula-ca.crt")), cert: \(lab.path("nebula-\(host + 1).crt")), \
                key: \(lab.path("nebula-\(host + 1).key"))}
                static_host_map: {"10.80.0.\(other)": ["10.77.0.\(other):4242"]}
                lighthouse: {am_lighthouse: false, interval: 60, hosts: []}
                listen: {host: 10.77.0.\(host + 1), port: 4242, batch: 64, read_buffer: 4194304, write_buffer: 4194304}
                cipher: aes
                tun: {dev: nebula1, mtu: \(mtu), tx_queue: 1000}
                routines: 1
                logging: {level: info, format: text}
                firewall:
                  outbound: [{port: any, proto: any, host: any}]
                  inbound: [{port: any, proto: any, host: any}]

                """
            let path = try lab.network.directory.write(configuration, to: "nebula-\(host + 1).yaml")
            agents.append(try lab.network.start(host, ["nebula", "-config", path]))
            setup.append(lab.withoutScratchPath("nebula -config \(path)\n\(configuration)"))
        }
        return Tunnel(address: "10.80.0.2", agents: agents, setup: setup)
    }
}
