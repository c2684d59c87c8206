"""HTTP: paths, status codes and who may call. What happens then is the services' part."""
