kubectl apply -f apps/
for file in logging/*.yaml; do
	kubectl apply -f "$file"
done
