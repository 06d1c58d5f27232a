kubectl apply -f core/redis.yaml
kubectl apply -f extra/redis.yaml
if [ "$1" = a ]; then
	kubectl apply -f choice/a.yaml
else
	kubectl apply -f choice/b.yaml
fi
