ANNA_IP=192.168.1.10/24 # of the interface
LAN=192.168.1.0/24
ip address add "$ANNA_IP" dev eth0
