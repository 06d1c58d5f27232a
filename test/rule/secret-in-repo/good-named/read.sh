export API_TOKEN=$(cat /run/secrets/token-2024-a1b2c3)
export DB_PASSWORD=/run/secrets/DbPassword1x2Y3z
